"""Claims in the states that the tests of checks begin with."""

from __future__ import annotations

from collections.abc import Mapping

from tests.harness.world import World
from tests.journeys.steps import SEEN
from voucher.platform.db import session
from voucher.redemptions.answers import answer_claim, answer_session
from voucher.redemptions.checks import Finding
from voucher.redemptions.claim_checks import Invoice
from voucher.redemptions.claims import Accepted, Refused, submit_claim
from voucher.redemptions.models import Evidence, Redemption
from voucher.redemptions.rules import ContributionProof, Delivered, EvidenceKind, Task

PAID = "bank statement of 7 April"


def confirmed(world: World) -> Redemption:
    return world.confirmed(world.claimed(world.issued()))


def unpaid(world: World) -> Redemption:
    """A claim whose business has confirmed the delivery and not yet said that it paid."""
    claim = world.claimed(world.issued())
    owner = world.owner_of(claim.voucher)
    world.do(owner, answer_session, claim.sessions[0], Delivered.YES)
    world.do(owner, answer_claim, claim, accepts=True)
    return claim


def with_proof(world: World, claim: Redemption) -> None:
    """The provider adds a file about the contribution."""
    with world.by("pat") as act:
        (item,) = world.attach(act, EvidenceKind.CONTRIBUTION)
        session.add(Evidence(redemption_id=claim.id, document_id=item.document.id, kind=str(item.kind), version=1))


def paid_by(proof: ContributionProof | None) -> Mapping[Task, Finding]:
    return {**SEEN, Task.CONTRIBUTION: Finding(True, PAID, proof)}


def bill(world: World, number: str, net_pence: int = 30_000) -> Accepted | Refused:
    vat = net_pence // 5
    invoice = Invoice(number, world.act("pat").today, net_pence, vat, net_pence + vat, ((net_pence, 2000),))
    item = world.recorded(world.issued())
    with world.by("pat") as act:
        evidence = world.attach(act, EvidenceKind.INVOICE)
        return submit_claim(act, session.merge(world.provider), [item], invoice, evidence, request_key=number)


def billed(world: World, number: str, net_pence: int = 30_000) -> Redemption:
    receipt = bill(world, number, net_pence)
    assert isinstance(receipt, Accepted), receipt
    return receipt.redemption
