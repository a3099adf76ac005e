"""Staff check and decide claims: the invoice beside the fields, each step for who may, never one's own."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk, gains, outsider, reads_nothing
from tests.integration.redemptions.pages import other_provider, suspend_firm
from tests.journeys.steps import fall_due, resubmitted
from voucher.accounts.rules import Role
from voucher.app import office
from voucher.documents.commands import RETAINED_CLAIM, keep_own_document
from voucher.funding.queries import standing_of_redemption
from voucher.funding.rules import Account
from voucher.platform.db import read_anew, session
from voucher.redemptions.answers import answer_claim, answer_session
from voucher.redemptions.decisions import send_back
from voucher.redemptions.models import Evidence, Redemption
from voucher.redemptions.rules import Delivered, EvidenceKind

QUESTION = "Does the evidence show the support that is claimed for?"
PAID = "Is it shown that the business paid its contribution and the VAT?"
BOTH = "Why? Both sides read this."


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def path_of(claim: Redemption, step: str = "") -> str:
    return f"/claims-desk/{claim.public_id}" + (f"/{step}" if step else "")


def confirmed(world: World) -> Redemption:
    return world.confirmed(world.claimed(world.issued()))


def verified(world: World) -> Redemption:
    return world.verified(confirmed(world))


def state_of(claim: Redemption) -> str:
    read_anew()
    return session.merge(claim).state


def file_path(claim: Redemption) -> str:
    return path_of(claim, f"files/{claim.evidence[0].document.public_id}")


def verify(client: PageClient, page: Page, changes: Mapping[str, object] | None = None, *, expect: int = 302) -> Page:
    """Passes the evidence, but for the changes."""
    answers = {QUESTION: "Yes, it passes", "What was seen": "photographs of the shop", **(changes or {})}
    return client.submit(page, answers, button="Record these findings", expect=expect)


# Who may not


@pytest.mark.rule(3)
def test_providers_businesses_and_those_without_a_role_open_none_of_it(app: Flask, world: World) -> None:
    claim = confirmed(world)
    paths = ["/claims-desk", path_of(claim), file_path(claim), path_of(claim, "verify"), path_of(claim, "refuse")]
    for name in ("pat", world.owner_of(claim.voucher), "ada"):
        reads_nothing(at_desk(app, world, name), paths, expect=403)


def test_staff_of_another_scheme_find_no_such_claim_and_no_file(app: Flask, world: World) -> None:
    claim = confirmed(world)
    otto = at_desk(app, world, outsider(world, Role.VERIFIER, Role.CLAIM_APPROVER))
    paths = [path_of(claim), file_path(claim), path_of(claim, "verify"), path_of(claim, "refuse")]
    reads_nothing(otto, paths, expect=404)
    assert claim.reference not in otto.get("/claims-desk", query={"state": "any"})


def test_a_file_opens_under_its_own_claim_only(app: Flask, world: World) -> None:
    first, second = confirmed(world), confirmed(world)
    file = second.evidence[0].document.public_id
    at_desk(app, world, "vera").get(path_of(first, f"files/{file}"), expect=404)


def test_who_only_reads_sees_whose_step_it_is_and_no_button(app: Flask, world: World) -> None:
    claim = verified(world)
    petra = at_desk(app, world, "petra")
    page = petra.get(path_of(claim))
    assert "Approve: Only people with this role may do this: claim approver." in page
    assert not {"Approve", "Refuse", "Send back", "Put on hold"} & set(page.links)
    petra.get(path_of(claim, "approve"), expect=403)


def belongs(app: Flask, world: World, claim: Redemption, name: str) -> PageClient:
    """The browser of somebody who also works for the claim's provider."""
    gains(world, name, Role.PROVIDER_SCANNER, organisation_id=claim.provider.organisation_id)
    client = at_desk(app, world, name)
    client.get("/account")
    return client


OWN = [
    ("vera", "verify", {"EVIDENCE": "passes", "EVIDENCE_NOTE": "seen", "version": "1"}, confirmed,
     "voucher.redemptions.checks.why_not_verify"),
    ("carl", "approve", {"pence": "24000"}, verified, "voucher.redemptions.decisions.why_not_decide_claim"),
    ("carl", "send-back", {"reason": "to be corrected"}, verified,
     "voucher.redemptions.decisions.why_not_decide_claim"),
    ("carl", "refuse", {"reason": "not delivered"}, verified, "voucher.redemptions.decisions.why_not_decide_claim"),
    ("vera", "hold", {"reason": "odd"}, verified, "voucher.redemptions.checks.why_not_decide_claim"),
]  # fmt: skip
Own = tuple[str, str, dict[str, str], object, str]


@pytest.mark.rule(65)
@pytest.mark.parametrize("own", OWN, ids=lambda own: own[1])
def test_nobody_acts_on_the_claim_of_their_own_organisation(app: Flask, world: World, own: Own) -> None:
    name, step, sent, made, _guard = own
    claim = made(world)  # type: ignore[operator]
    before = state_of(claim)
    client = belongs(app, world, claim, name)
    assert "This claim is of your own organisation: another person must" in client.get(path_of(claim))
    client.get(path_of(claim, step), expect=403)
    client.get("/account")
    client.post(path_of(claim, step), sent, expect=403)
    assert (state_of(claim), session.merge(claim).on_hold) == (before, False)


@pytest.mark.rule(65)
@pytest.mark.parametrize("own", OWN, ids=lambda own: own[1])
def test_control_without_the_policy_they_would(
    app: Flask, world: World, own: Own, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, step, sent, made, guard = own
    claim = made(world)  # type: ignore[operator]
    before = state_of(claim)
    client = belongs(app, world, claim, name)
    monkeypatch.setattr(guard, lambda *_anything: None)
    client.post(path_of(claim, step), sent)
    assert (state_of(claim), session.merge(claim).on_hold) != (before, False)


@pytest.mark.rule(29)
def test_who_decided_the_application_reads_why_another_verifies(app: Flask, world: World) -> None:
    claim = confirmed(world)
    gains(world, "asha", Role.VERIFIER)
    asha = at_desk(app, world, "asha")
    assert "You decided the application for this voucher: another person must verify" in asha.get(path_of(claim))
    asha.get(path_of(claim, "verify"), expect=403)


# The queue


def test_the_queue_shows_whom_each_claim_waits_for_with_age_and_money(
    app: Flask, world: World, clock: FixedClock
) -> None:
    claim, ready = world.claimed(world.issued()), confirmed(world)
    clock.advance(days=2)
    page = at_desk(app, world, "vera").get("/claims-desk")
    assert "1 to verify, £240.00, oldest 2 days" in page
    assert "1 wait for the business, £240.00, oldest 2 days" in page
    found = {row[0]: row[5:] for row in page.rows}
    assert found[claim.reference] == ["The business", "7 April 2026, 10:00am (2 days)", "£240.00"]
    assert found[ready.reference] == ["The scheme's office", "7 April 2026, 10:00am (2 days)", "£240.00"]


def test_filters_stand_in_the_address(app: Flask, world: World) -> None:
    firm = other_provider(world)
    waiting, ready = world.claimed(world.issued()), confirmed(world)
    paid = world.payable()
    vera = at_desk(app, world, "vera")
    for query, found in (
        ({}, [waiting, ready, paid]),
        ({"state": "to verify"}, [ready]),
        ({"state": "approved"}, [paid]),
        ({"waits": "the business"}, [waiting]),
        ({"waits": "nobody"}, []),
        ({"text": ready.invoice_number}, [ready]),
        ({"text": waiting.voucher.business.name}, [waiting]),
        ({"provider": firm.public_id}, []),
        ({"provider": waiting.provider.public_id}, [waiting, ready, paid]),
    ):
        page = vera.get("/claims-desk", query=query)
        assert [row[0] for row in page.rows] == [each.reference for each in found], query


# The files


def test_the_invoice_stands_beside_the_fields_and_its_hash_below(app: Flask, world: World) -> None:
    claim = confirmed(world)
    page = at_desk(app, world, "vera").get(path_of(claim))
    assert page.all("iframe")[0].get("src", "").split("#")[0] == file_path(claim)
    assert claim.evidence[0].document.sha256 in page


def test_a_file_is_shown_by_its_type_locked_up_and_never_as_a_page(app: Flask, world: World) -> None:
    claim = confirmed(world)
    answer = at_desk(app, world, "vera").get(file_path(claim))
    assert answer.body == office().files.get(claim.evidence[0].document.sha256)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("inline; filename=NTT-")
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("media_type", "sent_as"), [("image/webp", "image/webp"), ("text/html", "application/octet-stream")]
)
def test_what_browsers_might_run_is_only_downloaded(app: Flask, world: World, media_type: str, sent_as: str) -> None:
    claim = confirmed(world)
    with world.by("pat") as act:
        document = keep_own_document(
            act, scheme_id=claim.scheme_id, data=b"<script>alert(1)</script>", name="invoice.html",
            retention_class=RETAINED_CLAIM, media_type=media_type,
        )  # fmt: skip
        kind = str(EvidenceKind.DELIVERY)
        session.add(Evidence(redemption_id=claim.id, document_id=document.id, kind=kind, version=1))
    answer = at_desk(app, world, "vera").get(path_of(claim, f"files/{document.public_id}"))
    assert answer.headers["Content-Type"] == sent_as
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_file_that_was_changed_on_the_disk_is_not_shown(app: Flask, world: World) -> None:
    claim = confirmed(world)
    sha256 = claim.evidence[0].document.sha256
    (office().config.documents / sha256[:2] / sha256).write_bytes(b"%PDF-1.7 other figures")
    assert "gone or was changed" in at_desk(app, world, "vera").get(file_path(claim), expect=404)


# Verifying


def test_the_automatic_checks_pass_by_themselves_and_the_others_are_asked(app: Flask, world: World) -> None:
    claim = confirmed(world)
    vera = at_desk(app, world, "vera")
    page = vera.click(vera.get(path_of(claim)), "Verify")
    assert ["Invoice arithmetic", "Passed", "Net, VAT and gross agree."] in page.rows
    assert PAID not in page  # the business itself said that it paid
    record = vera.follow(verify(vera, page))
    assert f"Claim {claim.reference} is verified." in record
    found = [row[:5] for row in record.rows]
    assert ["Evidence shows the support", "Passed", "", "photographs of the shop", "Vera"] in found
    assert ["Dates in range", "Passed", "", "All work is in date.", "by itself"] in found


def test_a_finding_wants_a_note_and_keeps_what_was_entered(app: Flask, world: World) -> None:
    claim = confirmed(world)
    vera = at_desk(app, world, "vera")
    page = verify(vera, vera.get(path_of(claim, "verify")), {"What was seen": " "}, expect=422)
    assert page.links["Write down what was seen."] == "#EVIDENCE_NOTE"
    assert page.form("Record these findings").data["EVIDENCE"] == ["passes"]


def test_a_check_that_fails_keeps_the_claim_from_being_verified(app: Flask, world: World) -> None:
    claim = confirmed(world)
    vera = at_desk(app, world, "vera")
    page = verify(vera, vera.get(path_of(claim, "verify")), {QUESTION: "No, it fails", "What was seen": "empty room"})
    record = vera.follow(page)
    assert "is not verified yet. Open or failed: evidence shows the support: empty room" in record
    assert state_of(claim) == "confirmed"


def test_the_contribution_is_asked_when_the_business_has_not_said_that_it_paid(app: Flask, world: World) -> None:
    claim = world.claimed(world.issued())
    owner = world.owner_of(claim.voucher)
    world.do(owner, answer_session, claim.sessions[0], Delivered.YES)
    world.do(owner, answer_claim, claim, accepts=True)
    page = at_desk(app, world, "vera").get(path_of(claim, "verify"))
    assert PAID in page


def test_findings_about_figures_that_were_corrected_meanwhile_are_not_recorded(app: Flask, world: World) -> None:
    claim = confirmed(world)
    vera = at_desk(app, world, "vera")
    page = vera.get(path_of(claim, "verify"))
    world.do("carl", send_back, claim, reason="wrong invoice")
    resubmitted(world, claim, 20_000)
    world.confirmed(claim)
    again = verify(vera, page, expect=409)
    assert f"Claim {claim.reference} was corrected after you opened this page." in again
    assert "£150.00" in again
    verify(vera, again)


# Deciding


def test_approving_moves_the_money_that_the_button_names(app: Flask, world: World) -> None:
    claim = verified(world)
    carl = at_desk(app, world, "carl")
    page = carl.click(carl.get(path_of(claim)), "Approve")
    record = carl.follow(carl.submit(page, button="Approve £240.00"))
    assert f"Claim {claim.reference} is approved: £240.00." in record
    assert sum(standing_of_redemption(claim.id, Account.APPROVED).values()) == 24_000
    assert "LGF-1, line L1" in [row[2] for row in record.rows if row[1:5:3] == ["Approved", "Approved"]]


def test_approving_a_part_wants_a_reason_and_gives_the_rest_back(app: Flask, world: World) -> None:
    claim = verified(world)
    carl = at_desk(app, world, "carl")
    page = carl.click(carl.get(path_of(claim)), "Approve in part")
    refused = carl.submit(page, {"Amount to approve": "200.00"}, button="Approve this part", expect=422)
    assert refused.form("Approve this part").data["amount"] == ["200.00"]
    too_much = {"Amount to approve": "300.00", "Why is the rest not approved?": "x"}
    assert "Approve up to £240.00." in carl.submit(page, too_much, button="Approve this part", expect=422).links
    answers = {"Amount to approve": "200.00", "Why is the rest not approved?": "an hour was not delivered"}
    record = carl.follow(carl.submit(page, answers, button="Approve this part"))
    assert "£200.00" in record
    assert session.merge(claim).voucher.remaining_pence == 75_000 - 20_000


@pytest.mark.parametrize(
    ("step", "button", "state"),
    [("send-back", "Send the claim back", "sent back"), ("refuse", "Refuse the claim", "refused")],
)
def test_sending_back_and_refusing_want_a_reason(app: Flask, world: World, step: str, button: str, state: str) -> None:
    claim = confirmed(world)
    carl = at_desk(app, world, "carl")
    page = carl.get(path_of(claim, step))
    assert carl.submit(page, button=button, expect=422).title.startswith("Error: ")
    record = carl.follow(carl.submit(page, {BOTH: "the invoice is of another firm"}, button=button))
    assert "Why: the invoice is of another firm" in record
    assert state_of(claim) == state


def test_a_hold_bars_approval_until_it_is_lifted(app: Flask, world: World) -> None:
    claim = verified(world)
    vera, carl = at_desk(app, world, "vera"), at_desk(app, world, "carl")
    page = vera.click(vera.get(path_of(claim)), "Put on hold")
    vera.submit(page, {"Why": "two invoices look alike"}, button="Put the claim on hold")
    assert "Approve: The claim is on hold: two invoices look alike" in carl.get(path_of(claim))
    page = vera.click(vera.get(path_of(claim)), "Lift the hold")
    vera.submit(page, {"Why": "they are two"}, button="Lift the hold")
    assert "Approve" in carl.get(path_of(claim)).links


def test_a_claim_nobody_confirmed_is_accepted_on_other_evidence_and_verified_by_another(
    app: Flask, world: World, clock: FixedClock
) -> None:
    claim = world.claimed(world.issued())
    clock.advance(days=29)
    fall_due(world)
    vera = at_desk(app, world, "vera")
    page = vera.click(vera.get(path_of(claim)), "Accept other evidence")
    reason = {"Which reminders and calls were made, when, and what evidence is there instead?": "two mails, one call"}
    record = vera.follow(vera.submit(page, reason, button="Accept the other evidence"))
    assert "Verify: You accepted this claim on other evidence: another person must verify it." in record


def test_a_dispute_says_how_it_can_end(app: Flask, world: World) -> None:
    claim = verified(world)
    vera, carl = at_desk(app, world, "vera"), at_desk(app, world, "carl")
    page = vera.click(vera.get(path_of(claim)), "Dispute")
    record = vera.follow(vera.submit(page, {BOTH: "the hours differ"}, button="Dispute the claim"))
    assert "The claim goes on when the business says that all is right" in record
    assert {"Send back", "Refuse"} <= set(carl.get(path_of(claim)).links)


@pytest.mark.rule(51)
def test_while_its_provider_is_suspended_a_claim_is_frozen_and_says_so(app: Flask, world: World) -> None:
    claim = confirmed(world)
    suspend_firm(world)
    page = at_desk(app, world, "vera").get(path_of(claim))
    assert f"Verify: Claim {claim.reference} is frozen: its provider is suspended at the moment." in page


def test_a_step_that_is_over_or_unknown_has_no_page(app: Flask, world: World) -> None:
    claim = confirmed(world)
    carl = at_desk(app, world, "carl")
    carl.get(path_of(claim, "approve"), expect=409)
    carl.get(path_of(claim, "elsewhere"), expect=404)
