"""What people enter about irregularities and concentration."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from voucher.accounts.step_forms import reason_field
from voucher.assurance.rules import CLOSED, CaseState, IrregularityKind, IrregularityState, Measure
from voucher.platform.forms import Filters, Form, PercentField, PoundsField, WholeField, choice_of, tidy

KINDS = [choice_of(kind) for kind in IrregularityKind]
SUM_HINT = _("Leave it at 0.00 while nobody knows.")
NOTE_MISSING = _("Write down what was found: auditors read it.")


class IrregularityFilters(Filters):
    """What narrows the register; without anything in the address it shows what is open."""

    state = SelectField(
        _("State"),
        choices=[
            SelectChoice("", _("Any state")),
            *(choice_of(state) for state in IrregularityState),
        ],
        default=str(IrregularityState.OPEN),
    )
    kind = SelectField(_("Kind"), choices=[SelectChoice("", _("Any kind")), *KINDS], default="")


class _What(Form):
    kind = RadioField(_("What is it?"), choices=KINDS, validators=[InputRequired(_("Say which of the two it is."))])
    amount = PoundsField(
        _("Amount"),
        description=SUM_HINT,
        validators=[InputRequired(_("Enter an amount, or 0.00 for now."))],
    )


class NewIrregularityForm(_What):
    """An irregularity to be registered, perhaps about a claim."""

    claim = StringField(
        _("Claim"),
        filters=[tidy],
        description=_("Its reference, where it is about one. Register what concerns several claims once for each."),
        validators=[Optional(), Length(max=40)],
    )
    note = reason_field(_("What was found?"), NOTE_MISSING, description=_("No statement shows this."))


class ChangeIrregularityForm(_What):
    """What is known of it by now."""

    note = reason_field(_("What is known now?"), NOTE_MISSING)


class CloseIrregularityForm(Form):
    """What came of an irregularity."""

    outcome = RadioField(
        _("What came of it?"),
        choices=[choice_of(state) for state in IrregularityState if state in CLOSED],
        validators=[InputRequired(_("Say what came of it."))],
    )
    note = reason_field(_("How do you know?"), NOTE_MISSING)


class ReopenForm(Form):
    """Why a closed irregularity is looked into again."""

    note = reason_field(_("What is new?"), NOTE_MISSING)


class CaseFilters(Filters):
    """What narrows the list of cases; without anything in the address it shows what is open."""

    state = SelectField(
        _("State"),
        choices=[SelectChoice("", _("Any state")), *(choice_of(state) for state in CaseState)],
        default=str(CaseState.OPEN),
    )
    measure = SelectField(
        _("What"),
        choices=[
            SelectChoice("", _("Anything")),
            *(choice_of(each) for each in Measure),
        ],
        default="",
    )


def _number(label: object, hint: object, *, least: int = 1, most: int = 1_000_000) -> WholeField:
    missing = _("Enter a whole number.")
    return WholeField(label, least=least, most=most, description=hint, validators=[InputRequired(missing)])


class ThresholdsForm(Form):
    """From what on cases are raised; the fields are those of Thresholds."""

    share_bp = PercentField(
        _("One provider's share of the money or of the vouchers"),
        description=_("In percent of what was claimed in the days below."),
        validators=[InputRequired(_("Enter a percentage."))],
    )
    least_claims = _number(_("Claims before shares count"), _("With fewer, one provider's share says nothing."))
    claims_a_day = _number(_("Claims of one provider on one day"), "")
    outside_hours = _number(_("Claims of one provider outside office hours"), _("Weekends count as outside."))
    opens_at = _number(_("The office opens at"), _("The hour, from 0 to 23."), least=0, most=23)
    closes_at = _number(_("The office closes at"), _("The hour, from 1 to 24."), most=24)
    sharing = _number(
        _("Businesses that share an address or a number"), _("An e-mail address or a telephone."), least=2
    )
    window_days = _number(_("Days that are looked at"), _("Back from today."), most=3650)
    reason = reason_field(_("Why"), _("Say why: auditors read it."))
