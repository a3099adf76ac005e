"""The templates that a scheme can use: those that come with the product, and those that an operator added."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from sqlalchemy import func, select

from voucher.audit.commands import record
from voucher.payments.file_templates import Template, TotalsDiffer, read_template, sample_of
from voucher.payments.rules import FileFormat
from voucher.payments.way_models import FileTemplate
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Fault, FileRefused
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.toml import read, refuse_faults
from voucher.schemes.models import Scheme
from voucher.schemes.plans import CODE

FOLDER = Path(__file__).with_name("templates")
MOST_BYTES = 64 * 1024


def text_of(known: FileFormat) -> str:
    """A template that comes with the product as it is written, for an operator to begin with."""
    return (FOLDER / f"{known}.toml").read_text("utf-8")


@cache
def built_in(known: FileFormat) -> Template:
    """A template that comes with the product."""
    return _read(text_of(known))


def template_of(kept: FileTemplate) -> Template:
    """An operator's template, read from what was kept."""
    return _read(kept.body)


def _read(text: str) -> Template:
    file = read(text.encode())
    template = read_template(file)
    refuse_faults(file)
    return template


def look_at_template(act: Act, scheme: Scheme, *, code: str, data: bytes) -> Template:
    """The template in a file that could be kept under this code; nothing is written.

    Raises FileRefused with every fault of the file, and DomainError for a code that cannot be or a file that is no
    text.
    """
    act.require(Permission.SCHEMES_SET_UP, scheme_id=scheme.id)
    _checked(code)
    template = _read(_text_of(data))
    try:
        sample_of(template, act.today)
    except TotalsDiffer as wrong:
        raise FileRefused([Fault(0, "column", str(wrong))]) from wrong
    return template


def add_template(act: Act, scheme: Scheme, *, code: str, data: bytes) -> FileTemplate:
    """Adds a template, or a new version of one; a way that was confirmed keeps the version it was confirmed with.

    Raises as ``look_at_template`` does.
    """
    template = look_at_template(act, scheme, code=code, data=data)
    code = _checked(code)
    session.get_one(Scheme, scheme.id, with_for_update=True, populate_existing=True)
    newest = session.scalar(
        select(func.max(FileTemplate.version)).where(FileTemplate.scheme_id == scheme.id, FileTemplate.code == code)
    )
    kept = FileTemplate(
        scheme_id=scheme.id,
        code=code,
        version=(newest or 0) + 1,
        name=template.name,
        route=str(template.route),
        body=_text_of(data),
        added_by=act.person_id,
        added_at=act.now,
    )
    session.add(kept)
    session.flush()
    record(act.actor, "file_template.added", kept, at=act.now, details={"columns": len(template.columns)})
    return kept


def _checked(code: str) -> str:
    code = code.strip().lower()
    if not CODE.fullmatch(code) or code in list(FileFormat):
        words = _("Give the template a code of its own: 1 to 40 letters, digits and hyphens, like northmoor-ledger.")
        raise DomainError("template_code", words, "code")
    return code


def _text_of(data: bytes) -> str:
    """The file as text; raises DomainError for what is none, or is longer than any template."""
    if len(data) > MOST_BYTES:
        raise DomainError("template_too_long", _("A template has at most 64 KB. Choose the TOML file itself."), "file")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        words = _("This file is no text in UTF-8. Save it as UTF-8 and choose it again.")
        raise DomainError("template_no_text", words, "file") from wrong


def newest_template(scheme_id: int, code: str) -> FileTemplate | None:
    """The newest version of an operator's template."""
    return session.scalar(
        select(FileTemplate)
        .where(FileTemplate.scheme_id == scheme_id, FileTemplate.code == code)
        .order_by(FileTemplate.version.desc())
        .limit(1)
    )


def templates_of(scheme_id: int) -> Sequence[FileTemplate]:
    """The newest version of each of the scheme's own templates, by code."""
    newest = (
        select(FileTemplate.code, func.max(FileTemplate.version))
        .where(FileTemplate.scheme_id == scheme_id)
        .group_by(FileTemplate.code)
    )
    versions = {code: version for code, version in session.execute(newest)}  # noqa: C416 - rows are no pairs to a checker
    kept = session.scalars(select(FileTemplate).where(FileTemplate.scheme_id == scheme_id).order_by(FileTemplate.code))
    return [each for each in kept if versions[each.code] == each.version]
