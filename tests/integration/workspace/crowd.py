"""A scheme with something in every list, and the ways in which its rows are multiplied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from config import Config
from tests.harness.clock import FixedClock
from tests.harness.databases import Databases
from tests.harness.multiplied import Chosen, multiply
from tests.harness.ready import Ready, grow, running
from tests.harness.signed_in import session_token
from tests.harness.sketches import sketching
from tests.harness.world import World
from tests.integration.applications.people import COMPANY, newcomer, sent
from tests.integration.outputs.asked_for import asked, business_of, post
from tests.integration.payments.test_cost_rules import prepared, with_administration
from tests.integration.platform.rows import add
from tests.integration.providers.firms import applies
from tests.integration.workspace.lists import several_of_each
from voucher.accounts.appointments import Appointment, confirm_role, propose_role
from voucher.accounts.commands import add_person, grant_role
from voucher.accounts.rules import Role
from voucher.applications.applying import answer_question, begin_by_phone
from voucher.assurance.concentration import look_for_concentration, set_thresholds
from voucher.assurance.irregularities import register_irregularity
from voucher.assurance.rules import IrregularityKind, Thresholds
from voucher.funding.changes import propose_award
from voucher.outputs.commands import record_output
from voucher.payments.bank_files.models import BankImport
from voucher.platform.db import Base, atomic, session
from voucher.redemptions.models import Redemption
from voucher.reports.models import Statement

# What no list shows, and what there is once in an installation or a scheme.
ALONE = {
    "audit_seal", "audit_seal_member", "concentration_rule", "concentration_run", "exception_resolution",
    "file_template", "imported_file", "kept_form", "line_cost_code", "one_time_link", "opening_item",
    "paying_way", "recovery_code", "request_key", "sampling_rule", "scheme", "scheme_look", "second_factor",
    "second_factor_failure", "sign_in_attempt", "sign_in_code", "sign_in_session", "subsidy_limit", "supplier_number",
    "takeover",
}  # fmt: skip
ALL: Chosen = {name: "1" for name in Base.metadata.tables if name not in ALONE}
OF_FIRMS = "id IN (SELECT organisation_id FROM provider)"
OF_BUSINESSES = "id IN (SELECT business_id FROM application)"
SPEAK = "id IN (SELECT contact_id FROM application UNION SELECT person_id FROM application_form)"


def without(*names: str, **conditions: str) -> Chosen:
    """All rows but those of these tables, and of these others only the ones with a condition."""
    return {name: how for name, how in {**ALL, **conditions}.items() if name not in names}


FUNDS = ("agreement", "agreement_change", "agreement_conditions", "agreement_proposal", "funding_line")
# Of whose rows there are many: everybody's, one provider's and officer's, one business's, those on one voucher, those
# of one bank file.
WAYS: dict[str, Chosen] = {
    "everybody": ALL,
    "provider": without(
        *FUNDS, "provider", "payee_details", "membership", "identifier", organisation=OF_BUSINESSES, person=SPEAK
    ),
    "business": without(*FUNDS, "person", "membership", "deputy", "batch", "identifier", organisation=OF_FIRMS),
    "voucher": without(
        *FUNDS, "person", "membership", "deputy", "application", "application_form", "voucher", "credential", "round",
        "round_line", "voucher_type", "subsidy_record", "assistance", "identifier", organisation=OF_FIRMS,
    ),
    "file": {"bank_line": "source = 'imported'"},
}  # fmt: skip


class Names(NamedTuple):
    """What addresses of the crowded scheme carry."""

    batch: str
    agreement: str
    firm: str
    business: str
    voucher: str
    owner: str
    file: str
    statement: str


@dataclass
class Crowd:
    """Apps on databases in which each row is there so many times, opened when they are first asked for."""

    databases: Databases
    folder: Path
    base: Ready
    names: Names
    clock: FixedClock
    stack: ExitStack

    def __post_init__(self) -> None:
        self._apps: dict[tuple[str, int], Flask] = {}

    def app(self, way: str, times: int) -> Flask:
        """The app in whose database that way's rows are there so many times."""
        if (way, times) not in self._apps:
            url = self.databases.copy(self.base.url)
            self.databases.keep(url)
            multiply(Path(url.removeprefix("sqlite:///")), times, WAYS[way])
            config = Config(self.base.data, url, "http://localhost", testing=True)
            self._apps[way, times] = self.stack.enter_context(running(config, self.clock))
        return self._apps[way, times]

    def browser(self, app: Flask, name: str) -> FlaskClient:
        """What asks the app for pages in the name of that person, or of nobody, and does not look at them."""
        client = app.test_client()
        if name:
            token = session_token(self.base.world(self.clock).people[name])
            with client.session_transaction() as cookie:
                cookie["_user_id"] = token
        return client


def crowd(databases: Databases, folder: Path) -> Iterator[Crowd]:
    """The crowded scheme, built by commands; its rows are multiplied afterwards."""
    found: list[Names] = []
    clocks: list[FixedClock] = []

    def furnish(world: World) -> None:
        found.append(_fill(world))
        clocks.append(world.clock)

    with sketching():
        base = grow(databases, folder, furnish)
    with ExitStack() as stack:
        yield Crowd(databases, folder, base, found[0], clocks[0], stack)


def _fill(world: World) -> Names:
    payments = several_of_each(world)
    world.recorded(world.issued())
    claim = session.scalars(select(Redemption).order_by(Redemption.id)).all()[-1]
    _watch(world, claim)
    owner = world.owner_of(claim.voucher)
    _forms(world)
    with_administration(world)
    prepared(world)
    world.do("fred", propose_award, world.agreement, {"L1": 1}, reason="variation 1")
    with world.by("shay"):
        session.merge(claim.voucher).last_day = date(2027, 3, 1)  # paid after the year's end
    _outputs(world, claim)
    applies(world, "mallory", "09000001")
    with world.by("ada") as act:
        second = add_person(act, name="Abel", email="abel@northmoor.example")
        grant_role(act, second, Role.SYSTEM_ADMINISTRATOR)
        funder = add_person(act, name="Fiona", email="fiona@funder.example")
        grant_role(act, funder, Role.FUNDER, organisation_id=session.merge(world.agreement).funder_id)
        proposal = propose_role(act, Appointment(second, Role.SIGNER, world.scheme.id), reason="a second signer")
    world.people |= {"abel": second, "fiona": funder}
    with world.by("ada") as act:
        third = add_person(act, name="Abe", email="abe@northmoor.example")
        grant_role(act, third, Role.SYSTEM_ADMINISTRATOR)
    world.people["abe"] = third
    world.do("abe", confirm_role, proposal)
    claim = session.merge(claim)
    return Names(
        batch=payments.path,
        agreement=session.merge(world.agreement).public_id,
        firm=session.merge(world.provider).public_id,
        business=claim.voucher.business.public_id,
        voucher=claim.voucher.reference,
        owner=owner,
        file=session.scalars(select(BankImport.public_id).order_by(BankImport.id.desc())).first() or "",
        statement=session.scalars(select(Statement.public_id)).first() or "",
    )


def _watch(world: World, claim: Redemption) -> None:
    """An irregularity, and a case because all claims are one provider's."""
    kind = IrregularityKind.IRREGULARITY
    world.do("vera", register_irregularity, world.scheme, kind=kind, pence=100, note="the date is odd", claim=claim)
    world.do("shay", set_thresholds, world.scheme, Thresholds(least_claims=1), reason="a small scheme")
    world.do("vera", look_for_concentration, world.scheme)


def _outputs(world: World, claim: Redemption) -> None:
    """An enterprise and a job that count, and a sample with one item."""
    asked(world)
    post(world, business_of(claim))
    with world.by("stella") as act:
        document_id = world.new_document(act)
        record_output(act, world.agreement, business_of(claim), code="E30", document_id=document_id)
    with atomic():
        of = {"scheme_id": world.scheme.id, "agreement_id": world.agreement.id}
        sample = add(session.connection(), "audit_sample", side="claims paid", method="simple random", **of)
        item = add(session.connection(), "audit_sample_item", sample_id=sample, redemption_id=claim.id)
        add(session.connection(), "finding", item_id=item, outcome="fail")


def _forms(world: World) -> None:
    """Applications that people begin themselves: sent, needing a person, declaring other money, taken by phone."""
    newcomer(world)
    declared = {"other_funding": "yes", "other_funding_details": "A grant of the council"}
    sent(world, "nia", {"other-funding": declared})
    business, _owner = world.business()
    newcomer(world, "noa")
    sent(world, "noa", {"company-number": {"company_number": business.identifiers[0].value}})
    with world.by("asha") as act:
        form = begin_by_phone(act, session.merge(world.round), name="Nell", email_text="nell@x.example", phone="")
        answer_question(act, form, "name", COMPANY["name"])
