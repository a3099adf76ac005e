"""What a party says of itself: changed with what stood there before kept beside it.

The registered name, the legal form and the official numbers are none of it: they are what registers say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from voucher.audit.commands import record
from voucher.organisations.identifiers import IdentifierError, phone, postcode
from voucher.organisations.models import Organisation
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _

LANGUAGES = ("en", "cy")


@dataclass(frozen=True)
class OwnDetails:
    """What a business says of itself; what it leaves empty is not known."""

    trading_name: str
    address_line_1: str
    address_line_2: str
    town: str
    postcode: str
    phone: str
    language: str


def change_own_details(act: Act, organisation: Organisation, details: OwnDetails) -> bool:
    """A business's own people change what it says of itself; whether anything was other than before.

    Raises DomainError at the field for what is not well-formed (rule 47). What was issued or sent stays as it was.
    """
    act.require(Permission.BUSINESS_DETAILS_CHANGE, organisation_id=organisation.id)
    facts = {name: " ".join(value.split()) for name, value in asdict(details).items()}
    for name in ("address_line_1", "town"):
        if not facts[name]:
            raise DomainError("address_needed", _("Enter the address line and the town."), name)
    if facts["language"] not in LANGUAGES:
        raise DomainError("language", _("Choose English or Welsh."), "language")
    facts["postcode"] = read(postcode, facts["postcode"], "postcode")
    if facts["phone"]:
        facts["phone"] = read(phone, facts["phone"], "phone")
    return change_facts(act, organisation, facts)


def change_facts(act: Act, organisation: Organisation, facts: Mapping[str, str]) -> bool:
    """Writes facts down with an audit row of those that changed; whoever calls knows that the actor may."""
    held = session.get_one(Organisation, organisation.id, with_for_update=True, populate_existing=True)
    changed = {name: value for name, value in facts.items() if getattr(held, name) != value}
    if not changed:
        return False
    before = {name: getattr(held, name) for name in changed}
    for name, value in changed.items():
        setattr(held, name, value)
    details = {"before": before, "after": changed}
    record(act.actor, "organisation.details_changed", held, at=act.now, details=details)
    return True


def read(check: Callable[[str], str], text: str, field: str) -> str:
    """The text as the check writes it; raises DomainError at the field."""
    try:
        return check(text)
    except IdentifierError as wrong:
        raise DomainError("not_well_formed", str(wrong), field) from wrong
