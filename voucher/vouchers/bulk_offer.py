"""Offers by file, all or nothing: approved, reserved and told, and issued where a confirmation on paper came with them.

An office first sends the file without confirmations, so that every business gets its notice; as the answers come back
on paper it sends a second file for the same businesses, whose rows are then accepted and not offered again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from voucher.accounts.business_import import WORKS_FOR_A_PROVIDER, provider_addresses
from voucher.accounts.commands import contact_person
from voucher.accounts.models import Person
from voucher.accounts.queries import members_of
from voucher.accounts.rules import Role
from voucher.applications import offer_file
from voucher.applications.commands import offer
from voucher.applications.models import Application
from voucher.applications.offer_file import Confirmation, OfferRow, ParsedOffers
from voucher.applications.offered_businesses import businesses_of
from voucher.applications.queries import live_application
from voucher.applications.rules import ApplicationState
from voucher.documents.commands import RETAINED_SUBSIDY, keep_document, note_import
from voucher.organisations.models import Enterprise, Organisation
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Fault, FileRefused
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.turns import Turn, take_turn
from voucher.schemes.models import Round
from voucher.subsidies.queries import latest_record
from voucher.subsidies.rules import RecordKind
from voucher.vouchers.commands import enter_acceptance
from voucher.vouchers.models import Voucher

# Which column of the file a refusal is about, by the field that the command names.
_COLUMNS = {"declared": "subsidy_received", "file": "confirmation_document", "terms": "terms_version"}
_OUT_OF_MONEY = frozenset({"round_short", "line_short"})
# What stands against one offer for such a reason stands against all that follow: it is told once.
_FOR_ALL = frozenset({"round_closed", "voucher_type_closed", "no_terms", "no_limit", "too_late"})

# As many values as one statement may ask for on every engine.
_AT_ONCE = 500


@dataclass(frozen=True)
class BulkOffer:
    """What a file of offers came to, in pence; ``left_pence`` is what the round may still offer.

    ``issued`` counts vouchers, also those of earlier offers that this file brought the confirmations for.
    """

    offers: int
    offered_pence: int
    issued: int
    issued_pence: int
    left_pence: int
    applications: tuple[str, ...]
    vouchers: tuple[str, ...]


@dataclass
class _Sitting:
    """One file being worked through: with what, and what came of it so far."""

    act: Act
    target: Round
    documents: Mapping[str, bytes]
    barred: frozenset[str]
    faults: list[Fault]
    told: set[str] = field(default_factory=set)
    offered: list[Application] = field(default_factory=list)
    issued: list[Voucher] = field(default_factory=list)


def offer_in_bulk(act: Act, target: Round, data: bytes, name: str, documents: Mapping[str, bytes]) -> BulkOffer:
    """Offers a voucher of the round to every business of the file, and issues it where the confirmation is there.

    ``documents`` gives the bytes of each file that the column ``confirmation_document`` names. Raises FileRefused with
    every fault by row and column, Conflict when the same file was taken in before, and Forbidden; the edge rolls back.
    """
    act.require(Permission.OFFERS_DECIDE, scheme_id=target.scheme_id)
    parsed = offer_file.parse(data)
    if parsed.documents:
        act.require(Permission.OFFERS_EVIDENCE_ENTER, scheme_id=target.scheme_id)
    take_turn(Turn.OFFER_BY_FILE, of=target.id)
    _note(act, target, data, name, parsed)
    businesses, faults = businesses_of(parsed.rows)
    sitting = _Sitting(act, target, documents, provider_addresses(), [*parsed.faults, *faults])
    _lock_in_order(target, businesses.values())
    for row in parsed.rows:
        if row.row in businesses:
            _attempt(sitting, row, businesses[row.row])
    if sitting.faults:
        raise FileRefused(sorted(sitting.faults, key=lambda fault: fault.row))
    return _totals(sitting)


def _note(act: Act, target: Round, data: bytes, name: str, parsed: ParsedOffers) -> None:
    note_import(
        act,
        kind="offer",
        scope=f"{target.scheme.reference} {target.code}",
        sha256=hashlib.sha256(data).hexdigest(),
        name=name,
        rows=len(parsed.rows),
    )


def _lock_in_order(target: Round, businesses: Iterable[Organisation]) -> None:
    """Locks what single offers and acceptances lock, in their order and before any money is touched."""
    ids = sorted(business.id for business in businesses)
    for start in range(0, len(ids), _AT_ONCE):
        session.execute(
            select(Application.id)
            .where(
                Application.round_id == target.id,
                Application.state == str(ApplicationState.APPROVED),
                Application.business_id.in_(ids[start : start + _AT_ONCE]),
            )
            .order_by(Application.id)
            .with_for_update()
        )
    for start in range(0, len(ids), _AT_ONCE):
        session.execute(
            select(Organisation.id, Enterprise.id)
            .join(Enterprise, Enterprise.id == Organisation.enterprise_id)
            .where(Organisation.id.in_(ids[start : start + _AT_ONCE]))
            .order_by(Organisation.id)
            .with_for_update()
        )


def _attempt(sitting: _Sitting, row: OfferRow, business: Organisation) -> None:
    """Does one row with the commands that make single offers; what they refuse undoes this row and becomes a fault."""
    try:
        with session.begin_nested():
            application, is_new = _offered(sitting, row, business)
            voucher = _accepted(sitting, row.confirmation, application) if row.confirmation else None
    except DomainError as refusal:
        _keep_fault(sitting, row, refusal)
        return
    if is_new:
        sitting.offered.append(application)
    if voucher is not None:
        sitting.issued.append(voucher)


def _offered(sitting: _Sitting, row: OfferRow, business: Organisation) -> tuple[Application, bool]:
    """The business's open offer of this round when its confirmation came in, or a new offer; and whether it is new."""
    before = live_application(sitting.target.scheme_id, business.id)
    if before is None:
        if row.confirmation and row.confirmation.confirmed_on != sitting.act.today:
            raise DomainError("no_notice_yet", _NO_NOTICE_YET, "confirmed_on")
        return offer(sitting.act, sitting.target, business, _contact(sitting, row, business)), True
    awaited = before.round_id == sitting.target.id and before.state == ApplicationState.APPROVED
    if row.confirmation and awaited:
        return before, False
    raise Conflict(
        "application_live",
        said(_ANOTHER, name=business.name, reference=before.reference, state=before.state),
        row.named_in,
    )


_NO_NOTICE_YET = _(
    "This business gets its subsidy notice only with this file, so it cannot have confirmed it on another day. "
    "Send the offers first, without confirmations, and the confirmations when they have come in."
)
_ANOTHER = _(
    "%(name)s has application %(reference)s in this scheme already (%(state)s). Remove the row, or fill in its "
    "confirmation if that is what came in for an approved application of this round."
)


def _contact(sitting: _Sitting, row: OfferRow, business: Organisation) -> Person:
    """Who is asked: the row's contact, or the business's own from before."""
    if row.contact_email is None:
        members = members_of(business.id, sitting.act.now, Role.BUSINESS_MEMBER)
        if not members:
            message = _("%(name)s has no contact. Enter contact_name and contact_email in this row.")
            raise DomainError("no_contact", said(message, name=business.name), "contact_email")
        return members[0]
    email = row.contact_email.lower()  # People are known by their address in small letters.
    if email in sitting.barred:
        raise DomainError("contact", WORKS_FOR_A_PROVIDER, "contact_email")
    return contact_person(
        sitting.act,
        name=row.contact_name or business.name,
        email=email,
        phone=row.contact_phone or "",
        organisation_id=business.id,
    )


def _accepted(sitting: _Sitting, given: Confirmation, application: Application) -> Voucher:
    notice = latest_record(application.id, RecordKind.NOTICE)
    if notice is not None and given.confirmed_on < london_date(notice.at):
        message = _("The confirmation is dated before the subsidy notice of %(day)s, which it must answer.")
        raise DomainError("too_early", said(message, day=london_date(notice.at)), "confirmed_on")
    if given.document not in sitting.documents:
        message = _("There is no file %(name)s. Put it beside this file, or into the folder given with --documents.")
        raise DomainError("no_document", said(message, name=given.document), "confirmation_document")
    document = keep_document(
        sitting.act,
        scheme_id=sitting.target.scheme_id,
        data=sitting.documents[given.document],
        name=given.document,
        retention_class=RETAINED_SUBSIDY,
    )
    return enter_acceptance(
        sitting.act,
        application,
        declared_pence=given.declared_pence,
        terms_version=given.terms_version,
        confirmed_on=given.confirmed_on,
        document_id=document.id,
    )


def _keep_fault(sitting: _Sitting, row: OfferRow, refusal: DomainError) -> None:
    if refusal.code in sitting.told:
        return
    message = refusal.message
    if refusal.code in _OUT_OF_MONEY:
        sitting.told |= _OUT_OF_MONEY
        words = _("The money runs out at this row: %(why)s Remove the offers from here on, or find more.")
        message = said(words, why=said(message))
    elif refusal.code in _FOR_ALL:
        sitting.told.add(refusal.code)
        message = said("From this row on: %(why)s", why=said(message))
    column = _COLUMNS.get(refusal.field or "", refusal.field or "")
    sitting.faults.append(Fault(row.row, column, message))


def _totals(sitting: _Sitting) -> BulkOffer:
    session.refresh(sitting.target)
    return BulkOffer(
        offers=len(sitting.offered),
        offered_pence=sum(application.face_pence for application in sitting.offered),
        issued=len(sitting.issued),
        issued_pence=sum(voucher.face_pence for voucher in sitting.issued),
        left_pence=sitting.target.available_pence,
        applications=tuple(application.reference for application in sitting.offered),
        vouchers=tuple(voucher.reference for voucher in sitting.issued),
    )
