"""Staff extend the vouchers that they have ticked in the list: by the same days, all of them or none."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from flask_babel import ngettext

from voucher.accounts.steps import offered
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import NOTICE, current_act, requires
from voucher.redemptions.staff_forms import ExtendEachForm
from voucher.redemptions.staff_queries import vouchers_for_staff
from voucher.redemptions.views.staff_voucher_pages import blueprint as blueprint
from voucher.redemptions.voucher_steps import VOUCHER_STEPS
from voucher.vouchers.extending import NotAllExtended, extend_each
from voucher.vouchers.models import Voucher

EXTEND = next(step for step in VOUCHER_STEPS if step.name == "extend")


@blueprint.route("/extend", methods=["GET", "POST"])
@requires(Permission.VOUCHERS_MANAGE)
def extend_page() -> ResponseReturnValue:
    act = current_act()
    chosen = vouchers_for_staff(act.actor, request.values.getlist("voucher"))
    if not chosen:
        flash(translate(_("Tick the vouchers that you want to extend.")), NOTICE)
        return redirect(url_for("voucher_desk.queue_page"))
    form = ExtendEachForm()
    if not form.validate_on_submit():
        return _page(act, chosen, form), 422 if form.errors else 200
    try:
        with transaction(act.actor, act.clock):
            extend_each(act, chosen, days=form.days.data, reason=form.reason.data)
    except Forbidden:
        raise
    except DomainError as refusal:
        _show(form, refusal)
        again = vouchers_for_staff(act.actor, request.values.getlist("voucher"))
        return _page(act, again, form), status_of(refusal)
    number = len(chosen)
    flash(ngettext("%(num)s voucher is extended.", "%(num)s vouchers are extended.", number))
    return redirect(url_for("voucher_desk.queue_page"))


def _show(form: ExtendEachForm, refusal: DomainError) -> None:
    show_refusal(form, refusal)
    for each in refusal.refused if isinstance(refusal, NotAllExtended) else ():
        words = translate("Voucher %(reference)s: %(reason)s", reference=each.reference, reason=each.reason)
        form.form_errors.append(words)


def _page(act: Act, chosen: Sequence[Voucher], form: ExtendEachForm) -> str:
    steps = {each.id: offered([EXTEND], act.actor, each) for each in chosen}
    barred = {
        each.id: steps[each.id][0].why_not
        if steps[each.id]
        else translate(_("It is %(state)s."), state=translate(each.state))
        for each in chosen
    }
    return render_template(
        "redemptions/desk/extend.html",
        form=form,
        able=[each for each in chosen if not barred[each.id]],
        barred=[(each, barred[each.id]) for each in chosen if barred[each.id]],
    )
