"""A firm's packages: listed, replaced at another price, taken off the list (rule 53)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from sqlalchemy import select
from wtforms import SelectChoice

from voucher.audit.commands import transaction
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import Form, show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.providers.commands import list_package, replace_package, retire_package
from voucher.providers.firm_queries import own_firm, package_of, packages_of
from voucher.providers.forms import PackageForm, PriceForm
from voucher.schemes.models import VoucherType

blueprint = Blueprint("packages", __name__)

LIST = Permission.PROVIDER_PACKAGES_LIST


@blueprint.get("/firm/<public_id>/packages")
@requires(LIST)
def packages_page(public_id: str) -> ResponseReturnValue:
    provider = own_firm(current_act().actor, public_id, LIST)
    listed = packages_of(provider, request.args.get("page", 1, type=int))
    return render_template("providers/packages.html", provider=provider, listed=listed)


@blueprint.route("/firm/<public_id>/packages/new", methods=["GET", "POST"])
@requires(LIST)
def new_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    provider = own_firm(act.actor, public_id, LIST)
    kinds = _kinds(provider.scheme_id)
    form, status = PackageForm(), 200
    form.kind.choices = [SelectChoice(code, kind.name) for code, kind in kinds.items()]
    if len(kinds) == 1:
        del form.kind
    if form.validate_on_submit():
        try:
            with transaction(act.actor, act.clock):
                kind = kinds[form.kind.data] if "kind" in form else next(iter(kinds.values()))
                list_package(
                    act,
                    provider,
                    kind,
                    code=form.code.data,
                    name=form.name.data,
                    description=form.description.data,
                    net_pence=form.price.data,
                    minutes=form.minutes.data,
                )
            flash(translate(_("Package %(code)s is listed."), code=form.code.data))
            return redirect(url_for(".packages_page", public_id=public_id))
        except DomainError as refusal:
            status = _shown(form, refusal)
    page = render_template("providers/new_package.html", form=form, provider=provider)
    return page, status if status != 200 else 422 if form.errors else 200


@blueprint.route("/firm/<public_id>/packages/<code>", methods=["GET", "POST"])
@requires(LIST)
def package_page(public_id: str, code: str) -> ResponseReturnValue:
    act = current_act()
    provider = own_firm(act.actor, public_id, LIST)
    package = package_of(provider, code)
    form, status = PriceForm(data={"price": package.net_pence, "minutes": package.minutes}), 200
    if form.validate_on_submit():
        try:
            with transaction(act.actor, act.clock):
                replace_package(act, package, code=form.code.data, net_pence=form.price.data, minutes=form.minutes.data)
            flash(translate(_("Package %(code)s is listed in its place."), code=form.code.data))
            return redirect(url_for(".packages_page", public_id=public_id))
        except DomainError as refusal:
            status = _shown(form, refusal)
    page = render_template("providers/package.html", form=form, provider=provider, package=package)
    return page, status if status != 200 else 422 if form.errors else 200


@blueprint.post("/firm/<public_id>/packages/<code>/retire")
@requires(LIST)
def retire_button(public_id: str, code: str) -> ResponseReturnValue:
    act = current_act()
    package = package_of(own_firm(act.actor, public_id, LIST), code)
    if package.active:  # Pressing the button twice is no mistake worth a page.
        with transaction(act.actor, act.clock):
            retire_package(act, package)
    flash(translate(_("Package %(code)s is off the list. What was recorded under it stays."), code=code))
    return redirect(url_for(".packages_page", public_id=public_id))


def _kinds(scheme_id: int) -> dict[str, VoucherType]:
    """The scheme's open voucher types by code."""
    found = session.scalars(
        select(VoucherType).where(VoucherType.scheme_id == scheme_id, VoucherType.open).order_by(VoucherType.code)
    )
    return {kind.code: kind for kind in found}


def _shown(form: Form, refusal: DomainError) -> int:
    if isinstance(refusal, Forbidden):
        raise refusal
    show_refusal(form, refusal)
    return status_of(refusal)
