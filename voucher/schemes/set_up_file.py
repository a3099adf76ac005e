"""What set-up files say of a scheme, its terms and its voucher types; faults are noted in their sections."""

from __future__ import annotations

from voucher.platform.i18n import gettext_noop as _
from voucher.platform.toml import Section
from voucher.schemes.eligibility import Eligibility
from voucher.schemes.eligibility_file import read_eligibility
from voucher.schemes.plans import (
    DAY_SETTINGS,
    LEAST,
    MOST_DAYS,
    NewScheme,
    NewTerms,
    NewVoucherType,
    wrong_with_scheme,
    wrong_with_type,
)


def read_scheme(file: Section) -> NewScheme:
    """A whole set-up file of a scheme."""
    part = file.section("scheme")
    settings = part.section("settings")
    new = NewScheme(
        reference=part.text("reference").upper(),
        name=part.text("name"),
        owner=part.text("owner"),
        contact_line=part.text("contact"),
        starts_on=part.day("starts_on"),
        ends_on=part.day("ends_on"),
        days={
            key: settings.whole(key, default, least=LEAST.get(key, 0), most=MOST_DAYS)
            for key, default in DAY_SETTINGS.items()
        },
        decider_may_verify=settings.flag("decider_may_verify", False),
        reviewer_needed=settings.flag("reviewer_needed", True),
        terms=read_terms(file.section("terms")),
        voucher_types=tuple(read_voucher_type(section) for section in file.sections("voucher_type")),
        eligibility=read_eligibility(file.section("eligibility")) if file.has("eligibility") else Eligibility(),
    )
    if settings.flag("vat_funded_for_unregistered", False):
        settings.fault("vat_funded_for_unregistered", _("cannot be true: vouchers pay no VAT in this edition"))
    for section in (part, settings, file):
        section.done()
    for wrong in wrong_with_scheme(new):
        part.fault(wrong.field, wrong.in_file)
    return new


def read_terms(section: Section) -> NewTerms:
    """The section [terms]."""
    terms = NewTerms(
        version=section.text("version"),
        in_force_from=section.day("in_force_from"),
        brief=section.texts("brief"),
        body=section.text("body"),
    )
    section.done()
    return terms


def read_voucher_type(section: Section) -> NewVoucherType:
    """A section [[voucher_type]]."""
    face = section.pounds("face_value")
    kind = NewVoucherType(
        code=section.text("code"),
        name=section.text("name"),
        good_for=section.texts("good_for"),
        rate_bp=section.whole("rate_percent", least=1, most=100) * 100,
        face_pence=face,
        cap_pence=section.pounds("cap") if section.has("cap") else face,
        minimum_own_pence=section.pounds("minimum_own_contribution", "0.00"),
        validity_days=section.whole("validity_days", least=1, most=MOST_DAYS),
        open=section.flag("open", True),
    )
    section.done()
    for wrong in wrong_with_type(kind):
        section.fault(wrong.field, wrong.in_file)
    return kind
