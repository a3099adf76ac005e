"""The answers of a form as pages list them, in the language of the page."""

from __future__ import annotations

from flask_babel import gettext as translate

from voucher.applications.models import ApplicationForm
from voucher.applications.questions import Question, asked, shown
from voucher.platform.i18n import gettext_noop as _


def answers_in_words(form: ApplicationForm) -> list[tuple[Question, str]]:
    """Every question that the form asks, with its answer in words."""
    questions = asked(form.eligibility, form.answers)
    return [(each, translate(shown(each, form.answers) or _("None"))) for each in questions]
