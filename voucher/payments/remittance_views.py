"""What a provider was paid: each payment with the claims in it and the bank's day."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.payments.models import Payment
from voucher.payments.queries import bank_days, own_payment, own_payment_of, own_payments
from voucher.payments.remittance_paper import paper_of_payment, remittance_pdf
from voucher.payments.views.lists import OWN_WORDS, REMITTANCES, Remittance
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.redemptions.provider_queries import own_claim
from voucher.schemes.models import Scheme

blueprint = Blueprint("remittances", __name__)

P = Permission


@blueprint.get("/remittances")
@requires(P.PROVIDER_CLAIMS_MAKE, task=_("Payments to you"))
def remittances_page() -> ResponseReturnValue:
    query = own_payments(current_act().actor)
    narrowed = REMITTANCES.narrowed
    return REMITTANCES.answer(query, "payments/remittances.html", then=_with_days, narrowed=narrowed, words=OWN_WORDS)


def _with_days(payments: Sequence[Payment]) -> list[Remittance]:
    days = bank_days(payments)
    return [Remittance(payment, days[payment.id]) for payment in payments]


@blueprint.get("/remittances/<reference>")
@requires(P.PROVIDER_CLAIMS_MAKE)
def remittance_page(reference: str) -> ResponseReturnValue:
    payment = own_payment(current_act().actor, reference)
    return render_template(
        "payments/remittance.html",
        payment=payment,
        words=OWN_WORDS,
        days=bank_days([payment])[payment.id],
        scheme=session.get_one(Scheme, payment.scheme_id),
    )


@blueprint.get("/remittances/<reference>/advice.pdf")
@requires(P.PROVIDER_CLAIMS_MAKE)
def advice(reference: str) -> ResponseReturnValue:
    return advice_file(own_payment(current_act().actor, reference))


def advice_file(payment: Payment) -> ResponseReturnValue:
    """The letter of a payment, to be saved."""
    scheme = session.get_one(Scheme, payment.scheme_id)
    answer = make_response(remittance_pdf(paper_of_payment(payment, bank_days([payment])[payment.id], scheme)))
    answer.mimetype = "application/pdf"
    answer.headers.set("Content-Disposition", "attachment", filename=f"{payment.reference}.pdf")
    return answer


@blueprint.get("/claims/<public_id>/payment")
@requires(P.PROVIDER_CLAIMS_MAKE)
def payment_of_claim(public_id: str) -> ResponseReturnValue:
    actor = current_act().actor
    claim = own_claim(actor, public_id)
    payment = own_payment_of(actor, claim)
    if payment is None:
        flash(translate(_("This claim has not been sent to the bank yet.")))
        return redirect(url_for("claims.claim_page", public_id=public_id))
    return redirect(url_for("remittances.remittance_page", reference=payment.reference))
