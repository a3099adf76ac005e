"""Checking whether a business can apply: one question a page, no account, nothing kept but in the address."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from voucher.applications.forms import question_form
from voucher.applications.questions import BY_KEY, Question, read_one
from voucher.platform.errors import DomainError
from voucher.platform.forms import Filters, Form, show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, public
from voucher.schemes.eligibility import Verdict, from_stored, judge, questions
from voucher.schemes.models import Scheme
from voucher.schemes.queries import scheme_by_reference

blueprint = Blueprint("checker", __name__)

_POSTCODE = Question("postcode", _("What is the business's postcode?"), _("Postcode"), "", ("postcode",))


class Asked(NamedTuple):
    """How far somebody has come: what was answered, as it was entered and as it was read, and what is asked now."""

    entered: dict[str, str]
    read: dict[str, object]
    question: Question | None
    form: Form | None


@blueprint.get("/schemes/<reference>/check")
@public("anybody may see whether a business could apply; nothing of it is kept")
def check_page(reference: str) -> ResponseReturnValue:
    scheme = scheme_by_reference(reference)
    asked = _asked(scheme)
    if asked.question is not None and asked.form is not None:
        page = render_template(
            "applications/checker.html", scheme=scheme, question=asked.question, form=asked.form, entered=asked.entered
        )
        return page, 422 if asked.form.errors else 200
    findings = judge(from_stored(scheme.eligibility), asked.read, current_act().today)
    verdicts = {found.verdict for found in findings}
    return render_template(
        "applications/checked.html",
        scheme=scheme,
        findings=findings,
        outcome=next((each for each in (Verdict.NOT_MET, Verdict.REFER) if each in verdicts), Verdict.MET),
    )


def _asked(scheme: Scheme) -> Asked:
    """The first question without an answer that can be right; the answers before it stay in the address."""
    entered: dict[str, str] = {}
    read: dict[str, object] = {}
    for name in questions(from_stored(scheme.eligibility)):
        # What nobody chose is not in the address; that it was asked is.
        is_answered = name in request.args or request.args.get("asked") == name
        form = question_form((name,), Filters)(request.args if is_answered else None)
        question = _POSTCODE if name == "postcode" else BY_KEY[name.replace("_", "-")]
        if not is_answered:
            return Asked(entered, read, question, form)
        if not form.validate():
            return Asked(entered, read, question, form)
        try:
            read[name] = read_one(name, form[name].data, read)
        except DomainError as refusal:
            show_refusal(form, refusal)
            return Asked(entered, read, question, form)
        entered[name] = request.args.get(name, "")
    return Asked(entered, read, None, None)
