"""The file from which a running agreement is taken over, read with every fault by its key.

One file holds one agreement: its terms, one round over its lines, the last figures signed elsewhere, each voucher that
still lives, and what was paid and drawn so far. ``opening_template`` prints one with comments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from voucher.funding.agreement_file import GivenAgreement, read_agreement
from voucher.funding.rules import OpeningKind
from voucher.organisations import identifiers
from voucher.organisations.business_file import LegalForm
from voucher.organisations.identifiers import CHECKS, IdentifierError, IdentifierKind
from voucher.organisations.matching import same_number
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.toml import Section
from voucher.schemes.commands import RoundTerms, read_round
from voucher.schemes.models import Scheme

Number = tuple[IdentifierKind, str]

SHOWN_BY_NUMBER = {
    IdentifierKind.COMPANY_NUMBER: LegalForm.COMPANY,
    IdentifierKind.CHARITY_NUMBER: LegalForm.CHARITY,
}


@dataclass(frozen=True)
class SignedFigures:
    """The last statement signed elsewhere: its last day, and in pence its lines 8, 12 and 16.

    They are what was defrayed to date, what is unallocated, and the cash in hand (below zero: owed by the funder).
    """

    section: Section
    signed_through: date
    line_8: int
    line_12: int
    line_16: int


@dataclass(frozen=True)
class Share:
    """A line that the round draws on, by its code, and its share in ten-thousandths."""

    section: Section
    agreement: str
    line: str
    share_bp: int


@dataclass(frozen=True, kw_only=True)
class OpeningVoucher:
    """A voucher that still lives: whose it is, what is left on it in pence, its days, and its subsidy records."""

    section: Section
    old_reference: str
    name: str
    legal_form: LegalForm
    identifiers: tuple[Number, ...]
    address: tuple[str, str, str, str]
    contact_name: str
    contact_email: str
    pence: int
    issued_on: date
    last_day: date
    terms_version: str
    notice_on: date
    reply_on: date
    declared_pence: int

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """What tells its business from others: its numbers, or a sole trader's name and postcode."""
        if not self.identifiers:
            return ((self.name, self.address[3]),)
        return tuple(same_number(number) for number in self.identifiers)


@dataclass(frozen=True, kw_only=True)
class OpeningMovement:
    """A payment or drawdown of before, with its pence by the code of the line."""

    section: Section
    kind: OpeningKind
    old_reference: str
    counterparty: str
    happened_on: date
    day_key: str
    amounts: Mapping[str, int]

    @property
    def pence(self) -> int:
        """The whole amount."""
        return sum(self.amounts.values())

    def key_of(self, code: str) -> str:
        """The key under which the file gives the amount on a line."""
        return f"amounts.{code}" if self.kind is OpeningKind.PAYMENT else "line"


@dataclass(frozen=True)
class Opening:
    """Everything that the file says."""

    figures: SignedFigures
    agreement: GivenAgreement
    round_section: Section
    round: RoundTerms
    shares: tuple[Share, ...]
    vouchers: tuple[OpeningVoucher, ...]
    payments: tuple[OpeningMovement, ...]
    drawdowns: tuple[OpeningMovement, ...]


def read_opening(scheme: Scheme, file: Section) -> Opening:
    """What the file says; whatever cannot be read is noted in it as a fault."""
    signed = _figures(file.section("opening"))
    agreement = read_agreement(file.section("agreement"))
    part = file.section("round")
    shares = tuple(_share(section) for section in part.sections("line"))
    opening = Opening(
        figures=signed,
        agreement=agreement,
        round_section=part,
        round=read_round(scheme, part),
        shares=shares,
        vouchers=tuple(_voucher(section) for section in _perhaps(file, "voucher")),
        payments=tuple(_payment(section) for section in _perhaps(file, "payment")),
        drawdowns=tuple(_drawdown(section, agreement.funder) for section in _perhaps(file, "drawdown")),
    )
    file.done()
    return opening


def _perhaps(file: Section, key: str) -> list[Section]:
    """The tables of a list that a file may leave out: nothing may have been paid or drawn so far."""
    return file.sections(key) if file.has(key) else []


def _figures(section: Section) -> SignedFigures:
    found = SignedFigures(
        section=section,
        signed_through=section.day("signed_through"),
        line_8=section.pounds("line_8"),
        line_12=section.pounds("line_12"),
        line_16=section.pounds("line_16"),
    )
    section.done()
    return found


def _share(section: Section) -> Share:
    share = Share(section, section.text("agreement"), section.text("line"), section.percent("share_percent"))
    section.done()
    return share


def _voucher(section: Section) -> OpeningVoucher:
    legal_form, numbers = _legal_form(section), _numbers(section)
    voucher = OpeningVoucher(
        section=section,
        old_reference=section.text("old_reference"),
        name=section.text("name"),
        legal_form=legal_form,
        identifiers=numbers,
        address=_address(section),
        contact_name=section.text("contact_name"),
        contact_email=_as(section, "contact_email", identifiers.email).lower(),
        pence=_amount(section, "value", least=1),
        issued_on=section.day("issued_on"),
        last_day=section.day("last_day"),
        terms_version=section.text("terms"),
        notice_on=section.day("notice_on"),
        reply_on=section.day("reply_on"),
        declared_pence=_amount(section, "declared", least=0),
    )
    section.done()
    return voucher


def _numbers(section: Section) -> tuple[Number, ...]:
    read = ((kind, _as(section, str(kind), CHECKS[kind])) for kind in IdentifierKind if section.has(str(kind)))
    return tuple((kind, value) for kind, value in read if value)


def _legal_form(section: Section) -> LegalForm:
    """As given, or as a company or charity number shows it; and whether the numbers go with it."""
    has = [kind for kind in IdentifierKind if section.has(str(kind))]
    given = section.text("legal_form", "")
    if given and given not in list(LegalForm):
        section.fault("legal_form", said("must be one of: %(known)s", known=tuple(map(str, LegalForm))))
        return LegalForm.OTHER
    if given == LegalForm.SOLE_TRADER and IdentifierKind.COMPANY_NUMBER in has:
        section.fault("company_number", _("a sole trader has none: remove it, or change legal_form"))
    elif given != LegalForm.SOLE_TRADER and not has:
        section.fault("company_number", _("give a number of the business; only a sole trader may have none"))
    if given:
        return LegalForm(given)
    shown = [form for kind, form in SHOWN_BY_NUMBER.items() if kind in has]
    if has and not shown:
        section.fault("legal_form", _("is missing: it cannot be told from a VAT number or UTR alone"))
    return shown[0] if shown else LegalForm.OTHER


def _address(section: Section) -> tuple[str, str, str, str]:
    return (
        section.text("address_line_1"),
        section.text("address_line_2", ""),
        section.text("town"),
        _as(section, "postcode", identifiers.postcode),
    )


def _payment(section: Section) -> OpeningMovement:
    amounts = section.section("amounts")
    payment = OpeningMovement(
        section=section,
        kind=OpeningKind.PAYMENT,
        old_reference=section.text("old_reference"),
        counterparty=section.text("provider"),
        happened_on=section.day("paid_on"),
        day_key="paid_on",
        amounts={code: _amount(amounts, code, least=1) for code in amounts.values},
    )
    if section.has("amounts") and not payment.amounts:
        section.fault("amounts", _('names no line: give one or more, like { CAP = "100.00" }'))
    section.done()
    return payment


def _drawdown(section: Section, funder: str) -> OpeningMovement:
    drawdown = OpeningMovement(
        section=section,
        kind=OpeningKind.DRAWDOWN,
        old_reference=section.text("old_reference", ""),
        counterparty=funder,
        happened_on=section.day("received_on"),
        day_key="received_on",
        amounts={section.text("line"): _amount(section, "amount", least=1)},
    )
    section.done()
    return drawdown


def _as(section: Section, key: str, reader: Callable[[str], str]) -> str:
    """A text as its reader writes it."""
    text = section.text(key)
    try:
        return reader(text) if text else ""
    except IdentifierError as wrong:
        section.fault(key, str(wrong))
        return ""


def _amount(section: Section, key: str, *, least: int) -> int:
    """Pence; what is too little is a fault unless the text was no amount at all."""
    before = len(section.faults)
    pence = section.pounds(key)
    if pence < least and len(section.faults) == before:
        section.fault(key, _("must be above zero") if least else _("must not be below zero"))
    return pence
