"""Firms that apply by command, for tests that need one and not its pages."""

from __future__ import annotations

from datetime import timedelta

from tests.harness.world import PDF, World
from tests.integration.providers.pages import somebody
from voucher.documents.commands import RETAINED_PROVIDER, keep_document
from voucher.platform.db import session
from voucher.providers.applying import (
    FirmFacts,
    Policy,
    add_policy,
    begin_application,
    refuse_application,
    send_application,
)
from voucher.providers.commands import approve_provider, record_vetting, sponsor
from voucher.providers.declining import decline_provider
from voucher.providers.models import Provider, ProviderApplication
from voucher.providers.rules import PROVIDER_TERMS_VERSION, InsuranceKind, VettingCheck


def applies(world: World, name: str, number: str) -> ProviderApplication:
    """A sent application of somebody new, for the firm with this company number."""
    somebody(world, name)
    facts = FirmFacts(
        name=f"{name.title()} Digital Ltd",
        legal_form="company",
        company_number=number,
        charity_number="",
        vat_number="",
        utr="",
        address_line_1="3 Weir Lane",
        town="Otley",
        postcode="LS21 1AA",
        contact_email=f"{name}@wharfe.example",
        services="Stock control",
        referees="Ann and Bob",
        conflicts="",
    )
    with world.by(name) as act:
        application = begin_application(act, session.merge(world.scheme), facts)
        data = PDF.format(f"certificate of {name}").encode()
        document = keep_document(
            act, scheme_id=world.scheme.id, data=data, name="c.pdf", retention_class=RETAINED_PROVIDER
        )
        ends_on = act.today + timedelta(days=300)
        policy = Policy(InsuranceKind.PUBLIC_LIABILITY, "Pennine Mutual", "PL-1", 100_000_000, ends_on)
        add_policy(act, application, policy, document)
        send_application(act, application, terms_version=PROVIDER_TERMS_VERSION)
    return application


def provider_of(application: ProviderApplication) -> Provider:
    """What a sent application was taken up as."""
    assert application.provider_id is not None
    return session.get_one(Provider, application.provider_id)


def firms_of_every_fate(world: World) -> None:
    """One that is approved, one that is declined, and one that named the number of a firm on file and was refused."""
    good = provider_of(applies(world, "wren", "09000077"))
    with world.by("sam") as act:
        sponsor(act, good)
        for check in VettingCheck:
            record_vetting(act, good, check, passed=True, note="seen")
    world.do("val", approve_provider, good, until=world.act("val").today + timedelta(days=300))
    world.do("val", decline_provider, provider_of(applies(world, "dee", "09000078")), reason="no insurance")
    world.do("sam", refuse_application, applies(world, "mallory", "09000001"), reason="unknown to the firm")
