"""How an installation is joined to what lies around it: what is set up, what is not, and what to do about it.

What is told of a setting is never a secret of it: of a mail server its address, of a scanner the program's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from flask_babel import gettext as translate
from sqlalchemy import make_url

from config import Config
from voucher.audit.queries import head, last_sealed_at, oldest_unsealed_at
from voucher.notifications.queries import last_sent_at, oldest_due
from voucher.payments.rules import Route
from voucher.payments.ways import way_in_force
from voucher.platform.act import Act
from voucher.platform.clock import long_date, long_time
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.schemes.models import Scheme

# New tables of the modulus check appear several times a year.
TABLES_ARE_OLD = timedelta(days=120)
# As long as ``voucher backlog`` waits before it says that no worker can be at work.
BEHIND = timedelta(minutes=15)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class State(StrEnum):
    """Whether something is set up, or needs somebody to look at it."""

    SET_UP = _("set up")
    NOT_SET_UP = _("not set up")
    LOOK = _("look at this")


class Standing(NamedTuple):
    """One thing that an installation is joined to: how it stands, and what to do, empty where there is nothing."""

    what: str
    state: State
    how: str
    todo: str = ""


def standings(act: Act, config: Config, schemes: Sequence[Scheme]) -> list[Standing]:
    """Everything that an installation is joined to, for whoever runs it."""
    return [
        _address(config),
        _database(config),
        _mail(config),
        _worker(act),
        _scanner(config),
        _roots(config),
        _modulus(act),
        *(_bank_files(scheme) for scheme in schemes),
    ]


def _address(config: Config) -> Standing:
    what, where = translate(_("Public address")), urlsplit(config.base_url)
    if where.hostname in _LOOPBACK:
        todo = translate(_("Set VOUCHER_BASE_URL to the public https address: vouchers and e-mails carry it."))
        how = translate(_("%(address)s, which only this machine reaches"), address=config.base_url)
        return Standing(what, State.NOT_SET_UP, how, todo)
    if where.scheme != "https":
        todo = translate(_("Set VOUCHER_BASE_URL to an https address: over http everybody on the way reads along."))
        return Standing(what, State.LOOK, config.base_url, todo)
    if not config.trusted_proxies:
        todo = _(
            "Set VOUCHER_TRUSTED_PROXIES to the number of proxies before the app, or one person's wrong passwords lock "
            "everybody out."
        )
        how = translate(_("%(address)s, and no proxy is trusted"), address=config.base_url)
        return Standing(what, State.LOOK, how, translate(todo))
    how = translate(_("%(address)s, behind %(number)s"), address=config.base_url, number=config.trusted_proxies)
    return Standing(what, State.SET_UP, how)


def _database(config: Config) -> Standing:
    what, url = translate(_("Database")), make_url(config.database_url)
    if url.get_backend_name() == "sqlite":
        todo = _("Set DATABASE_URL to a PostgreSQL database before many people work with it, or more than one machine.")
        return Standing(what, State.NOT_SET_UP, translate(_("SQLite, a file in the data folder")), translate(todo))
    how = translate(_("PostgreSQL, database %(name)s on %(host)s"), name=url.database, host=url.host or "localhost")
    return Standing(what, State.SET_UP, how)


def _mail(config: Config) -> Standing:
    what = translate(_("Mail"))
    if not config.mail_server:
        how = translate(_("No mail leaves: messages become files in %(folder)s"), folder=config.mail)
        todo = translate(_("Set VOUCHER_SMTP_URL to the mail server, for the job worker and for the web server."))
        return Standing(what, State.NOT_SET_UP, how, todo)
    host = urlsplit(config.base_url).hostname or "localhost"
    words = _("Leaves by %(server)s, from %(sender)s")
    how = translate(words, server=config.mail_server, sender=config.mail_from or f"vouchers@{host}")
    todo = "" if config.mail_from else translate(_("Set VOUCHER_MAIL_FROM to an address that somebody reads."))
    return Standing(what, State.SET_UP if config.mail_from else State.LOOK, how, todo)


def _worker(act: Act) -> Standing:
    what = translate(_("Job worker"))
    signs = [at for at in (last_sent_at(), last_sealed_at()) if at]
    how = translate(_("Nothing that it does was seen yet"))
    if signs:
        how = translate(_("Its last work was seen on %(when)s"), when=long_time(max(signs)))
    waits = [at for at in (oldest_due(act.now), oldest_unsealed_at()) if at and act.now - at > BEHIND]
    if waits:
        todo = _("Something has waited since %(when)s. Look whether “voucher worker” runs, and at its log.")
        return Standing(what, State.LOOK, how, translate(todo, when=long_time(min(waits))))
    if not signs:
        return Standing(what, State.NOT_SET_UP, how, translate(_("Start “voucher worker”.")))
    return Standing(what, State.SET_UP, how)


def _scanner(config: Config) -> Standing:
    what = translate(_("Malware scanner"))
    if not config.scan_command:
        how = translate(_("Files that are handed in are not scanned"))
        todo = translate(_("Set VOUCHER_SCAN_COMMAND to the command of a scanner."))
        return Standing(what, State.NOT_SET_UP, how, todo)
    name = Path(config.scan_command[0]).name
    return Standing(what, State.SET_UP, translate(_("Every file is looked at by %(program)s"), program=name))


def _roots(config: Config) -> Standing:
    what, (number, digest) = translate(_("Audit trail's roots")), head()
    if not number:
        todo = translate(_("The job worker makes the first seal once something was written."))
        return Standing(what, State.NOT_SET_UP, translate(_("There is no seal yet")), todo)
    if not _ends_with(config.roots, digest):
        how = translate(_("Seal %(number)s is not the last line of %(file)s"), number=number, file=config.roots)
        todo = translate(_("Run “voucher verify-audit”: it names what is missing or altered."))
        return Standing(what, State.LOOK, how, todo)
    at = last_sealed_at()
    words = _("Seal %(number)s of %(when)s is the last line of %(file)s")
    how = translate(words, number=number, when=long_time(at) if at else "", file=config.roots)
    todo = translate(_("Have that file copied to another machine every hour, or at least every day."))
    return Standing(what, State.SET_UP, how, todo)


def _ends_with(roots: Path, digest: str) -> bool:
    """Whether the file's last line is that of the seal with this digest."""
    lines = roots.read_text(encoding="utf-8", errors="replace").splitlines() if roots.is_file() else []
    return bool(lines) and lines[-1].endswith(f" {digest}")


def _modulus(act: Act) -> Standing:
    what = translate(_("Modulus tables of the banks"))
    load = translate(_("Load the newest ones with “voucher modulus-tables load”."))
    try:
        tables = act.modulus.tables()
    except DomainError as wrong:
        return Standing(what, State.LOOK, wrong.message, load)
    if tables is None:
        how = translate(_("There are none, so no account number can be checked"))
        return Standing(what, State.NOT_SET_UP, how, load)
    age = act.today - tables.dated
    how = translate(_("Of %(day)s, %(days)s days old"), day=long_date(tables.dated), days=age.days)
    return Standing(what, State.LOOK, how, load) if age > TABLES_ARE_OLD else Standing(what, State.SET_UP, how)


def _bank_files(scheme: Scheme) -> Standing:
    what = translate(_("Files for the bank: %(scheme)s"), scheme=scheme.name)
    way = way_in_force(scheme.id)
    file = translate(way.template.name) if way.template else "ISO 20022 pain.001.001.09"
    if way.paying_way is None:
        how = translate(_("No way of paying was chosen yet: %(file)s"), file=file)
        todo = _("A scheme administrator proposes one under “How the scheme pays”, and the signer confirms it.")
        return Standing(what, State.NOT_SET_UP, how, translate(todo))
    if way.route == Route.ACCOUNTS_PAYABLE:
        return Standing(what, State.SET_UP, translate(_("An upload for the finance system: %(file)s"), file=file))
    return Standing(what, State.SET_UP, translate(_("A bank file: %(file)s"), file=file))
