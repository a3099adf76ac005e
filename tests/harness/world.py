"""A small scheme with the people who run it, made by the product's own commands.

The persons hold no two roles that conflict, so that no test passes by convenience.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tests.harness.clock import FixedClock
from tests.harness.stages import Journey, staged
from voucher.accounts.commands import add_person, contact_person, create_first_administrator, grant_role
from voucher.accounts.models import Person
from voucher.accounts.queries import actor_for
from voucher.accounts.rules import Role
from voucher.app import office
from voucher.applications.commands import offer
from voucher.applications.models import Application
from voucher.audit.commands import transaction
from voucher.documents.commands import RETAINED_CLAIM, keep_document
from voucher.funding.commands import AgreementTerms, LineTerms, draw_on, sign_agreement
from voucher.funding.models import Agreement, FundingLine
from voucher.funding.rules import LineKind
from voucher.organisations.commands import add_organisation
from voucher.organisations.identifiers import IdentifierKind
from voucher.organisations.models import Organisation
from voucher.payments.bank import match_payments, type_bank_line
from voucher.payments.batches import approve_batch, export_batch, prepare_batch, submit_batch
from voucher.payments.debts import raise_debt
from voucher.payments.models import BankLine, Batch, Debt, Payment
from voucher.platform.act import Act
from voucher.platform.actor import WORKER, Channel
from voucher.platform.db import session
from voucher.platform.toml import read
from voucher.providers.commands import apply_as_provider, approve_provider, list_package, record_vetting, sponsor
from voucher.providers.models import Package, Provider
from voucher.providers.payees import confirm_details, key_details, record_payee_check
from voucher.providers.rules import PayeeCheck, VettingCheck
from voucher.redemptions.answers import answer_claim, answer_session
from voucher.redemptions.checks import Finding, verify_claim
from voucher.redemptions.claim_checks import Attached, Invoice
from voucher.redemptions.claims import Accepted, Refused, submit_claim
from voucher.redemptions.decisions import approve_claim
from voucher.redemptions.lookups import look_up
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.rules import Delivered, EvidenceKind, Task
from voucher.redemptions.sessions import record_session
from voucher.schemes.commands import add_round, set_up_scheme
from voucher.schemes.models import Round, Scheme
from voucher.vouchers.commands import accept
from voucher.vouchers.credentials import show
from voucher.vouchers.models import Voucher

SCHEME = b"""
[scheme]
reference = "NTT"
name = "Northern Tech Tasters"
owner = "Northmoor Combined Authority"
contact = "help@northmoor.example, 0113 496 0000"
starts_on = 2026-04-01
ends_on = 2027-03-31
[scheme.settings]
late_session_days = 7
claim_window_days = 28
payee_cooling_days = 0
[terms]
version = "2026-1"
in_force_from = 2026-04-01
brief = ["The voucher pays part of the price before VAT.", "It cannot be passed on."]
body = "Terms and conditions of Northern Tech Tasters."
[[voucher_type]]
code = "TASTER"
name = "Tech taster"
good_for = ["A first website", "Stock control"]
rate_percent = 80
face_value = "750.00"
minimum_own_contribution = "50.00"
validity_days = 90
"""

STAFF = {
    "ada": Role.SYSTEM_ADMINISTRATOR,
    "shay": Role.SCHEME_ADMINISTRATOR,
    "asha": Role.ASSESSOR,
    "vera": Role.VERIFIER,
    "carl": Role.CLAIM_APPROVER,
    "petra": Role.PAYMENTS_PREPARER,
    "paul": Role.PAYMENTS_APPROVER,
    "bina": Role.BANK_LINE_KEEPER,
    "fred": Role.FUNDING_MANAGER,
    "fay": Role.FUNDING_MANAGER,
    "kit": Role.PAYEE_DETAILS_KEEPER,
    "kay": Role.PAYEE_DETAILS_KEEPER,
    "sam": Role.PROVIDER_VETTER,
    "val": Role.PROVIDER_VETTER,
    "stella": Role.STATEMENT_PREPARER,
    "rob": Role.STATEMENT_REVIEWER,
    "sigrid": Role.SIGNER,
}
PASSWORD = "correct horse battery"
# The smallest file that a sniffer takes for a PDF; the number makes each one different.
PDF = "%PDF-1.7\n% {}\n%%EOF\n"
SHARES = (3333, 3334, 3333)

T = TypeVar("T")


@dataclass(repr=False)
class World:
    """What tests ask for: people by first name, a scheme with three odd lines, a provider, businesses on demand."""

    clock: FixedClock
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    journey: Journey | None = None
    find: Callable[[World], None] | None = None  # in the database, where a copy has it
    people: dict[str, Person] = field(init=False)
    scheme: Scheme = field(init=False)
    agreement: Agreement = field(init=False)
    round: Round = field(init=False)
    provider: Provider = field(init=False)
    package: Package = field(init=False)

    if not TYPE_CHECKING:  # which would take any name for one of ours

        def __getattr__(self, name: str) -> object:
            """What is looked at before it was found."""
            if self.find is None or name not in self.__dataclass_fields__:
                raise AttributeError(name)
            find, self.find = self.find, None
            find(self)
            return getattr(self, name)

    def act(self, name: str, channel: Channel = Channel.WEB) -> Act:
        """An act of the person with that first name."""
        person = session.merge(self.people[name])
        # What the pages ask of whoever acts with money is tested where the pages are.
        return replace(office().act(actor_for(person, channel, self.clock())), proven=True)

    @contextmanager
    def by(self, name: str, channel: Channel = Channel.WEB) -> Iterator[Act]:
        """One transaction of one person."""
        act = self.act(name, channel)
        with transaction(act.actor, self.clock):
            yield act

    def do(self, name: str, command: Callable[..., T], /, *args: object, **options: object) -> T:
        """One command by one person in a transaction of its own."""
        with self.by(name) as act:
            return command(act, *args, **options)

    def new_document(self, act: Act) -> int:
        data = PDF.format(next(self.numbers)).encode()
        return keep_document(
            act, scheme_id=self.scheme.id, data=data, name="paper.pdf", retention_class=RETAINED_CLAIM
        ).id

    def attach(self, act: Act, *kinds: EvidenceKind) -> list[Attached]:
        """A fresh file of each kind."""
        return [
            Attached(
                keep_document(
                    act,
                    scheme_id=self.scheme.id,
                    data=PDF.format(next(self.numbers)).encode(),
                    name=f"{kind}.pdf",
                    retention_class=RETAINED_CLAIM,
                ),
                kind,
            )
            for kind in kinds
        ]

    # The journey, step by step; each step is one transaction by the person whose step it is.

    def business(self, name: str = "") -> tuple[Organisation, Person]:
        """A new business with its contact, who is known here by the e-mail's first part."""
        number = next(self.numbers)
        name = name or f"Aire Valley Bakery {number}"
        with self.by("asha") as act:
            organisation = add_organisation(
                act,
                name=name,
                legal_form="company",
                identifiers=[(IdentifierKind.COMPANY_NUMBER, f"{number:08d}")],
                address=("1 Mill Lane", "", "Otley", "LS21 1AA"),
            )
            person = contact_person(
                act,
                name=f"Owner {number}",
                email=f"owner{number}@example.org",
                phone="",
                organisation_id=organisation.id,
            )
        self.people[f"owner{number}"] = person
        return organisation, person

    @staged
    def offered(self, target: Round | None = None) -> Application:
        organisation, person = self.business()
        return self.do("asha", offer, target or self.round, organisation, person)

    def owner_of(self, voucher_or_application: Voucher | Application) -> str:
        """The first name under which the contact of a voucher or application is known here."""
        subject = voucher_or_application
        application = subject.application if isinstance(subject, Voucher) else subject
        return application.contact.email.split("@")[0]

    @staged
    def issued(self, target: Round | None = None) -> Voucher:
        application = self.offered(target)
        return self.do(self.owner_of(application), accept, application, declared_pence=0, terms_version="2026-1")

    def code_of(self, voucher: Voucher) -> str:
        act = self.act("shay")
        return show(act.ring, act.base_url, voucher).qr_text

    @staged
    def opened(self, voucher: Voucher) -> DeliverySession:
        found = self.do("pat", look_up, self.scheme, self.code_of(voucher))
        assert found.session is not None, found.outcome
        return found.session

    @staged
    def recorded(self, voucher: Voucher, package: Package | None = None) -> DeliverySession:
        opened = self.opened(voucher)
        return self.do(
            "pat",
            record_session,
            opened,
            package or self.package,
            delivered_on=min(self.act("pat").today, voucher.last_day),
            minutes=90,
            description="Set up a first web shop",
            late_reason="written down late",
        )

    def invoice(self, net_pence: int, *, vat_bp: int = 2000) -> Invoice:
        vat = net_pence * vat_bp // 10_000
        return Invoice(
            number=f"INV-{next(self.numbers)}",
            invoiced_on=self.act("pat").today,
            net_pence=net_pence,
            vat_pence=vat,
            gross_pence=net_pence + vat,
            vat_lines=((net_pence, vat_bp),),
        )

    def submit(self, sessions: Sequence[DeliverySession], net_pence: int, key: str | None = None) -> Accepted | Refused:
        with self.by("pat") as act:
            return submit_claim(
                act,
                session.merge(self.provider),
                sessions,
                self.invoice(net_pence),
                self.attach(act, EvidenceKind.INVOICE, EvidenceKind.DELIVERY),
                request_key=key or f"key-{next(self.numbers)}",
            )

    @staged
    def claimed(self, voucher: Voucher, net_pence: int = 30_000) -> Redemption:
        receipt = self.submit([self.recorded(voucher)], net_pence)
        assert isinstance(receipt, Accepted), receipt
        return receipt.redemption

    @staged
    def confirmed(self, redemption: Redemption) -> Redemption:
        owner = self.owner_of(redemption.voucher)
        for item in list(redemption.sessions):
            self.do(owner, answer_session, item, Delivered.YES)
        self.do(
            owner,
            answer_claim,
            redemption,
            accepts=True,
            paid_pence=redemption.own_pence + redemption.vat_pence,
            paid_on=self.act(owner).today,
            paid_by="bank transfer",
        )
        return redemption

    @staged
    def verified(self, redemption: Redemption) -> Redemption:
        still_open = self.do(
            "vera", verify_claim, redemption, {Task.EVIDENCE: Finding(True, "photographs of the web shop")}
        )
        assert not still_open, still_open
        return redemption

    @staged
    def approved(self, redemption: Redemption) -> Redemption:
        self.do("carl", approve_claim, redemption)
        return redemption

    @staged
    def payable(self, voucher: Voucher | None = None, net_pence: int = 30_000) -> Redemption:
        """An approved claim, all the way from the offer when no voucher is given."""
        return self.approved(self.verified(self.confirmed(self.claimed(voucher or self.issued(), net_pence))))

    @staged
    def exported(self) -> Batch:
        """A batch of everything that can be paid, prepared, approved and exported."""
        prepared = self.do("petra", prepare_batch, self.scheme)
        assert prepared.batch is not None, prepared.left_out
        self.do("petra", submit_batch, prepared.batch)
        self.do("paul", approve_batch, prepared.batch)
        self.do("petra", export_batch, prepared.batch)
        return prepared.batch

    def bank_line(self, pence: int, reference: str, on: date | None = None) -> BankLine:
        return self.do(
            "bina",
            type_bank_line,
            self.scheme,
            booked_on=on or self.act("bina").today,
            pence=pence,
            bank_reference=reference,
            counterparty="NORTHMOOR",
        )

    def paid(self, batch: Batch | None = None) -> list[Payment]:
        """Every payment of a batch matched to a bank line of its own."""
        batch = batch or self.exported()
        payments = list(batch.payments)
        for payment in payments:
            line = self.bank_line(-payment.pence, payment.reference)
            self.do("bina", match_payments, line, [payment])
        return payments

    def debt_on(self, redemption: Redemption, pence: int) -> Debt:
        """A debt that the claim's provider owes."""
        return self.do(
            "fred", raise_debt, redemption, owed_by=self.provider.organisation, pence=pence, reason="not delivered"
        )


# Where a copied world lies, and how to find it there: a test's fixture says so before it asks for a world.
copied_to: dict[Path, Callable[[FixedClock], World]] = {}


def build_world(clock: FixedClock, *, award_pence: int = 10_000_00, budget_pence: int | None = None) -> World:
    """A scheme with one agreement of three lines at odd shares, one round over them, and one approved provider."""
    found = copied_to.get(office().config.data)
    if found is not None:
        return found(clock)
    world = World(clock)
    world.people = {}
    boot = office().act(WORKER)
    with transaction(WORKER, clock):
        world.people["ada"] = create_first_administrator(
            boot, name="Ada", email="ada@northmoor.example", password=PASSWORD
        )
    world.scheme = world.do("ada", set_up_scheme, read(SCHEME))
    _add_staff(world)
    world.agreement = add_agreement(world, "LGF-1", [award_pence * share // 10_000 for share in SHARES])
    world.round = add_round_over(
        world, "R1", list(zip(world.agreement.lines, SHARES, strict=True)), budget_pence or award_pence * 9 // 10
    )
    world.provider = add_provider(world, "Calder Digital Ltd", "09000001", "pat")
    world.package = add_package(world, world.provider, "WEB", 1_000_00)
    return world


def _add_staff(world: World) -> None:
    with world.by("ada") as act:
        for name, role in STAFF.items():
            if name not in world.people:
                person = add_person(act, name=name.title(), email=f"{name}@northmoor.example")
                world.people[name] = person
                grant_role(act, person, role, scheme_id=world.scheme.id)


def add_agreement(world: World, reference: str, awards: Sequence[int], **changes: object) -> Agreement:
    """A funder's agreement with a line for each award."""
    with world.by("fred") as act:
        funder = add_organisation(act, name=f"Funder of {reference}", legal_form="other")
        values: dict[str, object] = {
            "reference": reference,
            "funder_id": funder.id,
            "signed_on": date(2026, 4, 1),
            "starts_on": date(2026, 4, 1),
            "ends_on": date(2027, 9, 30),
            "lines": tuple(
                LineTerms(f"L{i}", f"Line {i}", LineKind.CAPITAL if i == 1 else LineKind.REVENUE, pence)
                for i, pence in enumerate(awards, start=1)
            ),
            "intervention_rate_bp": 8000,
            "recoveries_reusable": True,
            "signer_title": "Section 73 officer",
            "signer_statute": "Local Government Act 1985, section 73",
            "signer_wording": "I certify that these figures are true.",
        }
        return sign_agreement(act, session.merge(world.scheme), AgreementTerms(**{**values, **changes}))  # type: ignore[arg-type]


def add_round_over(
    world: World, code: str, shares: Sequence[tuple[FundingLine, int]], budget_pence: int, **changes: Mapping[str, str]
) -> Round:
    """A round over lines at shares in ten-thousandths."""
    section = read(
        f'code = "{code}"\nname = "Round {code}"\nvoucher_type = "TASTER"\n'
        f'opens_on = 2026-04-01\ncloses_on = 2026-12-31\nbudget = "{budget_pence / 100:.2f}"\n'.encode()
    )
    with world.by("shay") as act:
        new = add_round(act, session.merge(world.scheme), section)
        draw_on(act, new, [(session.merge(line), share) for line, share in shares])
        return new


def add_provider(world: World, name: str, company_number: str, person_name: str) -> Provider:
    """An approved provider with confirmed bank details and one manager, known by first name."""
    with world.by("sam") as act:
        organisation = add_organisation(
            act, name=name, legal_form="company", identifiers=[(IdentifierKind.COMPANY_NUMBER, company_number)]
        )
        provider = apply_as_provider(
            act, session.merge(world.scheme), organisation, contact_email=f"{person_name}@provider.example"
        )
        sponsor(act, provider)
        for check in VettingCheck:
            record_vetting(act, provider, check, passed=True, note="seen")
    world.do("val", approve_provider, provider, until=world.act("val").today + timedelta(days=365))
    details = world.do(
        "kit", key_details, provider, name=name, sort_code_text="20-00-00", number_text=f"5{next(world.numbers):07d}"
    )
    world.do("kit", record_payee_check, details, PayeeCheck.MATCH)
    world.do("kay", confirm_details, details)
    with world.by("ada") as act:
        person = add_person(act, name=person_name.title(), email=f"{person_name}@provider.example", password=PASSWORD)
        grant_role(act, person, Role.PROVIDER_MANAGER, organisation_id=provider.organisation_id)
    world.people[person_name] = person
    return provider


def add_package(world: World, provider: Provider, code: str, net_pence: int) -> Package:
    """A package that the provider's manager lists."""
    kind = world.round.voucher_type
    owner = next(name for name, person in world.people.items() if person.email == session.merge(provider).contact_email)
    return world.do(
        owner,
        list_package,
        provider,
        kind,
        code=code,
        name="First web shop",
        description="A web shop with ten products",
        net_pence=net_pence,
        minutes=360,
    )
