"""Bank files on pages: handed in, looked at before anything is done, taken in whole, and what they brought."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from flask_babel import ngettext
from wtforms import SelectChoice

from voucher.accounts.proof import done_with_proof
from voucher.accounts.queries import names_of
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.documents.commands import looked_at
from voucher.payments.bank_files.forms import KINDS, FileFilters, ImportForm, OverrideForm, TakeInForm
from voucher.payments.bank_files.importing import HandedIn, hand_in, may_import, take_in
from voucher.payments.bank_files.models import BankImport
from voucher.payments.bank_files.planning import Plan, plan_of
from voucher.payments.bank_files.queries import accounts_of, imports, layouts_of, lines_from, statements_of
from voucher.payments.bank_files.reading import FileKind, Given
from voucher.payments.views.lists import BANK_FILES, BANK_LINES
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, FileRefused, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.models import Scheme
from voucher.schemes.queries import visible
from voucher.schemes.workplace import working_in

blueprint = Blueprint("bank_files", __name__)

P = Permission
FAULTS_SHOWN = 200  # a wrong layout makes a fault of every row
SHOWN = 20  # lines of a statement before it is taken in: enough to see whether columns and signs are right


@blueprint.get("/bank-lines/files")
@requires(P.CLAIMS_READ, task=_("Bank files"))
def files_page() -> ResponseReturnValue:
    at = working_in(P.CLAIMS_READ)
    form = FileFilters(request.args)
    found = imports(at.scheme.id, waiting=form.what.data == "waiting")
    may = current_act().actor.may(P.BANK_FILES_IMPORT, scheme_id=at.scheme.id)
    return BANK_FILES.answer(found, "payments/bank_files/files.html", at=at, form=form, may_import=may, kinds=KINDS)


@blueprint.route("/bank-lines/files/new", methods=["GET", "POST"])
@requires(P.BANK_FILES_IMPORT, task=_("Import a bank file"))
def new_file_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.BANK_FILES_IMPORT)
    form = _import_form(at.scheme)
    if form.validate_on_submit():
        found = _handed_in(act, at.scheme, form)
        if found is not None:
            return redirect(url_for("bank_files.file_page", public_id=found.public_id))
    known = bool(accounts_of(at.scheme.id))
    page = render_template("payments/bank_files/new.html", at=at, form=form, account_known=known)
    return page, 422 if form.errors else 200


def _import_form(scheme: Scheme) -> ImportForm:
    form = ImportForm()
    none = [SelectChoice("", translate(_("None")))]
    layouts, accounts = layouts_of(scheme.id), accounts_of(scheme.id)
    form.layout.choices = none + [SelectChoice(str(each.id), each.name) for each in layouts]
    said = [SelectChoice("", translate(_("As the file says, or the only one")))]
    form.account.choices = said + [SelectChoice(str(each.id), each.reference) for each in accounts]
    return form


def _handed_in(act: Act, scheme: Scheme, form: ImportForm) -> BankImport | None:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        form.file.errors = [translate(_("Choose the file."))]
        return None
    data = sent.read()
    layout = next((each for each in layouts_of(scheme.id) if str(each.id) == form.layout.data), None)
    account = next((each for each in accounts_of(scheme.id) if str(each.id) == form.account.data), None)
    given = Given(form.opening.data, form.closing.data)
    handed = HandedIn(data, sent.filename, FileKind(form.kind.data), layout, account, given)
    act = looked_at(act, [data])
    try:
        with transaction(act.actor, act.clock):
            return hand_in(act, scheme, handed)
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
    return None


@blueprint.get("/bank-lines/files/<public_id>")
@requires(P.CLAIMS_READ)
def file_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    found = visible(BankImport, act.actor, public_id, P.CLAIMS_READ)
    if found.taken_in_at is not None:
        return _taken_page(found)
    plan = plan_of(act, found)
    return _preview(act, found, plan, _form_for(plan))


@blueprint.post("/bank-lines/files/<public_id>")
@requires(P.BANK_FILES_IMPORT, P.BANK_CONTINUITY_OVERRIDE)
def take_in_button(public_id: str) -> ResponseReturnValue:
    act = current_act()
    found = visible(BankImport, act.actor, public_id, P.CLAIMS_READ)
    if found.taken_in_at is not None:  # Pressing the button twice leads to what came of the first time.
        return redirect(url_for("bank_files.file_page", public_id=public_id))
    plan = plan_of(act, found)
    form = _form_for(plan)
    status = _take_in(act, found, plan, form)
    if status is None:
        return redirect(url_for("bank_files.file_page", public_id=public_id))
    return _preview(act, found, plan, form), status


def _form_for(plan: Plan) -> TakeInForm | OverrideForm:
    return OverrideForm() if plan.breaks else TakeInForm()


def _preview(act: Act, found: BankImport, plan: Plan, form: TakeInForm | OverrideForm) -> str:
    needed = P.BANK_CONTINUITY_OVERRIDE if plan.breaks else P.BANK_FILES_IMPORT
    return render_template(
        "payments/bank_files/preview.html",
        **_shown(found),
        plan=plan,
        form=form,
        may=act.actor.may(needed, scheme_id=found.scheme_id),
        may_import=may_import(act, found.scheme_id),
        shown=SHOWN,
        faults_shown=FAULTS_SHOWN,
    )


def _take_in(act: Act, found: BankImport, plan: Plan, form: TakeInForm | OverrideForm) -> int | None:
    """Takes the file in when the form says so: None once it is done, else the status of the page."""
    if isinstance(form, OverrideForm):
        status = done_with_proof(act, form, lambda proven: take_in(proven, found, override=form.override.data))
        if status is None:
            _say(plan)
        return status
    if not form.validate_on_submit():
        return 422 if form.errors else 200
    try:
        with transaction(act.actor, act.clock):
            take_in(act, found)
    except Forbidden:
        raise
    except FileRefused:
        return 422  # the faults stand on the page that follows
    except DomainError as refusal:
        show_refusal(form, refusal)
        return 422
    _say(plan)
    return None


def _say(plan: Plan) -> None:
    flash(ngettext("%(num)s bank line is new.", "%(num)s bank lines are new.", plan.new))


def _taken_page(found: BankImport) -> str:
    return render_template("payments/bank_files/taken.html", **_shown(found), statements=statements_of(found))


def _shown(found: BankImport) -> dict[str, object]:
    names = names_of([found.handed_in_by, found.taken_in_by])
    return {
        "found": found,
        "kind": KINDS[FileKind(found.kind)],
        "handed_in_by": names[found.handed_in_by],
        "taken_in_by": names.get(found.taken_in_by or 0, ""),
        "events": history("bank_import", found.id),
    }


@blueprint.get("/bank-lines/files/<public_id>/lines")
@requires(P.CLAIMS_READ)
def lines_page(public_id: str) -> ResponseReturnValue:
    found = visible(BankImport, current_act().actor, public_id, P.CLAIMS_READ)
    return BANK_LINES.answer(lines_from(found), "payments/bank_files/lines.html", found=found)
