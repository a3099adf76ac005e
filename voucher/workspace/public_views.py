"""What everybody may read: the scheme, what it pays for and what a business pays, its terms, its providers."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import SelectChoice, SelectField, StringField

from voucher.platform.errors import NotFound
from voucher.platform.forms import Filters, tidy
from voucher.platform.i18n import gettext_noop
from voucher.platform.web import current_act, public
from voucher.providers.models import Package, Provider
from voucher.providers.queries import directory, listed_provider
from voucher.redemptions.rules import grant
from voucher.reports.public_results import results_of
from voucher.schemes.eligibility import from_stored, requirements
from voucher.schemes.models import Scheme, VoucherType
from voucher.schemes.queries import (
    rounds_of,
    scheme_by_reference,
    schemes_for_everybody,
    terms_by_version,
    terms_of,
    voucher_types_of,
)

blueprint = Blueprint("public", __name__)

EXAMPLE_NET, VAT_BP = 100_000, 2_000


class Sum(NamedTuple):
    """What a price comes to, in pence: the voucher pays the grant, the business the rest and all of the VAT."""

    net: int
    vat: int
    grant: int

    @property
    def own(self) -> int:
        """What the business pays of the price before VAT."""
        return self.net - self.grant

    @property
    def business_pays(self) -> int:
        """What the business pays in all."""
        return self.own + self.vat


class ProviderFilters(Filters):
    """What narrows the list of providers; the kind of voucher only where there are several."""

    name = StringField(_("Name"), filters=[tidy])
    kind = SelectField(_("Voucher"), validate_choice=False)


@blueprint.get("/schemes")
@public("says what the schemes pay for", front=True)
def schemes_page() -> ResponseReturnValue:
    schemes = schemes_for_everybody()
    if len(schemes) == 1:
        return _scheme_page(schemes[0])
    return render_template("workspace/schemes.html", schemes=schemes)


@blueprint.get("/schemes/<reference>")
@public("says what a scheme pays for, who may apply and when")
def scheme_page(reference: str) -> ResponseReturnValue:
    return _scheme_page(scheme_by_reference(reference))


@blueprint.get("/schemes/<reference>/terms/<version>")
@public("whoever applies must be able to read the terms first")
def terms_page(reference: str, version: str) -> ResponseReturnValue:
    scheme = scheme_by_reference(reference)
    return render_template("workspace/terms.html", scheme=scheme, terms=terms_by_version(scheme, version))


@blueprint.get("/schemes/<reference>/providers")
@public("a business chooses its provider before it has an account")
def providers_page(reference: str) -> ResponseReturnValue:
    scheme = scheme_by_reference(reference)
    form = ProviderFilters(request.args)
    kinds = voucher_types_of(scheme.id)
    form.kind.choices = [SelectChoice("", _("All")), *(SelectChoice(each.code, each.name) for each in kinds)]
    chosen = form.kind.data or ""
    if len(kinds) < 2:
        del form.kind
    listed = directory(
        scheme.id,
        current_act().today,
        request.args.get("page", 1, type=int),
        name=form.name.data or "",
        kind=chosen,
    )
    return render_template("workspace/providers.html", scheme=scheme, listed=listed, form=form, sums=_sums)


@blueprint.get("/schemes/<reference>/providers/<public_id>")
@public("a business chooses its provider before it has an account")
def provider_page(reference: str, public_id: str) -> ResponseReturnValue:
    scheme = scheme_by_reference(reference)
    provider = listed_provider(scheme, public_id, current_act().today)
    return render_template("workspace/provider.html", scheme=scheme, provider=provider, sums=_sums(provider))


@blueprint.get("/schemes/<reference>/providers/<public_id>/<code>")
@public("a business chooses its package before it has an account")
def package_page(reference: str, public_id: str, code: str) -> ResponseReturnValue:
    scheme = scheme_by_reference(reference)
    provider = listed_provider(scheme, public_id, current_act().today)
    for package, price in _sums(provider):
        if package.code == code:
            return render_template(
                "workspace/package.html", scheme=scheme, provider=provider, package=package, price=price
            )
    raise NotFound("no_package", gettext_noop("This package is not offered any more. Choose another one."))


def price_of(kind: VoucherType, net_pence: int) -> Sum:
    """What a price before VAT comes to with a whole voucher of the kind, from a provider registered for VAT."""
    paid = grant(
        net_pence=net_pence,
        rate_bp=kind.rate_bp,
        cap_pence=kind.cap_pence,
        minimum_own_pence=kind.minimum_own_pence,
        available_pence=kind.face_pence,
    )
    return Sum(net_pence, net_pence * VAT_BP // 10_000, paid)


def _sums(provider: Provider) -> list[tuple[Package, Sum]]:
    """The packages that a provider offers, each with what it comes to."""
    return [(each, price_of(each.voucher_type, each.net_pence)) for each in provider.packages if each.active]


def _scheme_page(scheme: Scheme) -> str:
    today = current_act().today
    kinds = voucher_types_of(scheme.id)
    rounds = rounds_of(scheme.id, from_day=today)
    return render_template(
        "workspace/scheme.html",
        scheme=scheme,
        kinds=[(kind, price_of(kind, EXAMPLE_NET)) for kind in kinds],
        rounds=rounds,
        today=today,
        can_apply=any(each.opens_on <= today for each in rounds),
        requirements=requirements(from_stored(scheme.eligibility)),
        terms=_in_force(scheme, today),
        results=results_of(scheme),
    )


def _in_force(scheme: Scheme, today: date) -> str | None:
    """The version of the terms in force today, if any is."""
    return next((each.version for each in terms_of([scheme.id]) if each.in_force_from <= today), None)
