"""What staff do with a provider, each on a page of its own with one form; the commands decide (rules 50, 51)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.forms import ProofForm
from voucher.accounts.proof import proving
from voucher.audit.commands import transaction
from voucher.documents.commands import looked_at
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden, InvalidTransition, NotFound
from voucher.platform.forms import Form, show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.providers.commands import approve_provider, record_vetting, reinstate_provider, sponsor
from voucher.providers.declining import decline_provider
from voucher.providers.desk_forms import PayeeCheckForm, ReasonForm, SupplierNumberForm, UntilForm, VetForm
from voucher.providers.desk_queries import provider_on_desk
from voucher.providers.forms import BankForm
from voucher.providers.models import PayeeDetails, Provider
from voucher.providers.payee_evidence import keep_evidence
from voucher.providers.payees import confirm_details, key_details, record_payee_check
from voucher.providers.queries import current_details, lock_provider
from voucher.providers.rules import PayeeCheck, VettingCheck
from voucher.providers.supplier_numbers import confirm_supplier_number, key_supplier_number
from voucher.redemptions.suspension import suspend_provider

blueprint = Blueprint("provider_deeds", __name__)

P = Permission


@dataclass(frozen=True)
class Deed:
    """One thing to do: who may ask for it, how its page speaks, what it asks, and the command behind it."""

    permission: Permission
    title: str
    words: str
    button: str
    done: str
    form: type[Form]
    do: Callable[[Act, Provider, Form], object]
    warning: bool = False


def _details(provider: Provider) -> PayeeDetails:
    found = current_details(provider.id, lock=True)
    if found is None:
        raise NotFound("no_details", _("This provider has no bank details yet."))
    return found


def _vet(act: Act, provider: Provider, form: Form) -> None:
    passed = form.result.data == "pass"
    record_vetting(act, provider, VettingCheck(form.check.data), passed=passed, note=form.note.data)


def _key(act: Act, provider: Provider, form: Form) -> None:
    key_details(
        act,
        provider,
        name=form.account_name.data,
        sort_code_text=form.sort_code.data,
        number_text=form.account_number.data,
    )


def _check_payee(act: Act, provider: Provider, form: Form) -> None:
    file = form.evidence.data
    evidence = keep_evidence(act, provider, file.filename, file.read()) if file else None
    record_payee_check(
        act, _details(provider), PayeeCheck(form.outcome.data), note=form.note.data or "", evidence=evidence
    )


DEEDS = {
    "sponsor": Deed(
        P.PROVIDERS_SPONSOR,
        _("Take into vetting"),
        _("You become the sponsor: another person must approve this provider."),
        _("Take into vetting"),
        _("The provider is in vetting."),
        Form,
        lambda act, provider, _form: sponsor(act, provider),
    ),
    "vet": Deed(
        P.PROVIDERS_SPONSOR,
        _("Record a check"),
        _("The latest result on each check counts. Earlier ones stay in the history."),
        _("Record the result"),
        _("The result is recorded."),
        VetForm,
        _vet,
    ),
    "approve": Deed(
        P.PROVIDERS_APPROVE,
        _("Approve until a day"),
        _("Until that day, and on it, the provider can look vouchers up, record support and claim."),
        _("Approve the provider"),
        _("The provider is approved."),
        UntilForm,
        lambda act, provider, form: approve_provider(act, provider, until=form.until.data),
    ),
    "decline": Deed(
        P.PROVIDERS_APPROVE,
        _("Decline the provider"),
        _("The firm is told, and hears the reason when it asks. Its people, invitations and bank details are ended."),
        _("Decline the provider"),
        _("The provider is declined."),
        ReasonForm,
        lambda act, provider, form: decline_provider(act, provider, reason=form.reason.data),
        warning=True,
    ),
    "suspend": Deed(
        P.PROVIDERS_APPROVE,
        _("Suspend the provider"),
        _(
            "It works at once: no look-ups, sessions or claims, and nothing is paid. "
            "The firm and the businesses with work in hand are told."
        ),
        _("Suspend the provider now"),
        _("The provider is suspended."),
        ReasonForm,
        lambda act, provider, form: suspend_provider(act, provider, reason=form.reason.data),
        warning=True,
    ),
    "lift": Deed(
        P.PROVIDERS_APPROVE,
        _("Lift the suspension"),
        _("The provider can use vouchers again until its approval ends."),
        _("Lift the suspension"),
        _("The suspension is lifted."),
        ReasonForm,
        lambda act, provider, form: reinstate_provider(act, provider, reason=form.reason.data),
    ),
    "bank-details": Deed(
        P.PAYEES_KEY,
        _("Key bank details"),
        _("They replace the account on file at once. Another person confirms them after the payee check."),
        _("Keep these bank details"),
        _("The bank details are kept. Next: the payee check."),
        BankForm,
        _key,
    ),
    "payee-check": Deed(
        P.PAYEES_KEY,
        _("Record the payee check"),
        _(
            "Anything but a match needs a note, and is counted on the statement. "
            "When the check was unavailable, it also needs a document that shows whose account it is."
        ),
        _("Record the payee check"),
        _("The payee check is recorded."),
        PayeeCheckForm,
        _check_payee,
    ),
    "confirm-details": Deed(
        P.PAYEES_CONFIRM,
        _("Confirm the bank details"),
        _("From then on this account can be paid to."),
        _("Confirm the bank details"),
        _("The bank details are confirmed."),
        ProofForm,
        lambda act, provider, _form: confirm_details(act, _details(provider)),
    ),
    "supplier-number": Deed(
        P.PAYEES_KEY,
        _("Key the supplier number"),
        _("The finance system pays whoever has this number. Another person confirms it before anything is paid."),
        _("Keep this supplier number"),
        _("The supplier number is kept. Next: another person confirms it."),
        SupplierNumberForm,
        lambda act, provider, form: key_supplier_number(act, provider, number=form.number.data),
    ),
    "confirm-supplier-number": Deed(
        P.PAYEES_CONFIRM,
        _("Confirm the supplier number"),
        _("Look the number up in the finance system first: it must be this firm's."),
        _("Confirm the supplier number"),
        _("The supplier number is confirmed."),
        ProofForm,
        lambda act, provider, _form: confirm_supplier_number(act, provider),
    ),
}


@blueprint.route("/providers-desk/<public_id>/<deed>", methods=["GET", "POST"])
@requires(P.PROVIDERS_SPONSOR, P.PROVIDERS_APPROVE, P.PAYEES_KEY, P.PAYEES_CONFIRM)
def deed_page(public_id: str, deed: str) -> ResponseReturnValue:
    act = current_act()
    provider = provider_on_desk(act.actor, public_id)
    asked = DEEDS.get(deed)
    if asked is None:
        raise NotFound("no_deed", _("There is no such page. Go back to the provider."))
    act.require(asked.permission, scheme_id=provider.scheme_id)
    form, status = _form(asked), 200
    act = _with_files_looked_at(act, form)
    if form.validate_on_submit():
        try:
            with _doing(act, form) as doer:
                if doer is not None:
                    asked.do(doer, lock_provider(provider), form)
            if doer is not None:
                flash(translate(asked.done))
                return redirect(url_for("provider_desk.provider_page", public_id=public_id))
        except (Forbidden, NotFound, InvalidTransition):
            raise
        except DomainError as refusal:
            show_refusal(form, refusal)
            status = status_of(refusal)
    page = render_template(
        "workspace/provider_deed.html", asked=asked, form=form, provider=provider, details=_shown(asked, provider)
    )
    return page, status if status != 200 else 422 if form.errors else 200


def _form(asked: Deed) -> Form:
    """The form; a link beside one check names it in the address."""
    return asked.form(data={"check": request.args.get("check")}) if asked.form is VetForm else asked.form()


def _doing(act: Act, form: Form) -> AbstractContextManager[Act | None]:
    """One transaction: of the act, or, where the form asks for the second factor, of the proven act."""
    return proving(act, form) if "proof" in form else _plainly(act)


@contextmanager
def _plainly(act: Act) -> Iterator[Act | None]:
    with transaction(act.actor, act.clock):
        yield act


def _with_files_looked_at(act: Act, form: Form) -> Act:
    """The act once a file of the form was looked at for malware, which is done before any transaction."""
    file = form.evidence.data if form.is_submitted() and "evidence" in form else None
    if not file:
        return act
    looked = looked_at(act, [file.read()])
    file.seek(0)
    return looked


def _shown(asked: Deed, provider: Provider) -> PayeeDetails | None:
    """The account that a page about bank details speaks of."""
    return current_details(provider.id) if asked.permission in (P.PAYEES_KEY, P.PAYEES_CONFIRM) else None
