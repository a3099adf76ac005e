"""Settings: one place that leads to everything that is set, each part for whoever may open it."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from voucher.platform.authz import Permission
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires, tasks

blueprint = Blueprint("settings", __name__)

P = Permission


class Section(NamedTuple):
    """A part of the settings: its name, what it decides, and the pages on which that is set, by their endpoints."""

    label: str
    about: str
    endpoints: tuple[str, ...]


SECTIONS = (
    Section(
        _("Schemes"),
        _("What is paid for, its terms and how it looks."),
        (
            "schemes.scheme_page",
            "voucher_types.new_type_page",
            "schemes.new_terms_page",
            "look.look_page",
            "results.results_page",
            "new_scheme.new_scheme_page",
        ),
    ),
    Section(
        _("Rounds"),
        _("Which money is offered when, and from which funding lines."),
        ("rounds.rounds_page", "rounds.new_round_page", "agreements.agreements_page", "ways.cost_code_page"),
    ),
    Section(
        _("Rules"),
        _("Who may apply, the days that count, what is looked at by a person, and how payments are approved."),
        (
            "eligibility.eligibility_page",
            "scheme_changes.settings_page",
            "duties.duties_page",
            "sampling.sampling_page",
            "concentration.thresholds_page",
            "ways.way_page",
            "levels.levels_page",
            "due.calendar_page",
        ),
    ),
    Section(
        _("Letters"), _("Which e-mails are written to whom and when, and whether they left."), ("letters.letters_page",)
    ),
    Section(
        _("People and roles"),
        _("Who may do what, and who stands in for whom."),
        ("people.people_page", "roles.proposals_page", "people.roles_page", "team.team_page"),
    ),
    Section(
        _("Keys"),
        _("What signs vouchers and statements, so that nobody can make one up."),
        ("keys.keys_page", "statement_keys.manage_page"),
    ),
    Section(
        _("Integrations"),
        _("How this installation is joined to mail, the bank and the world around it."),
        (
            "integrations.integrations_page",
            "bank_layouts.accounts_page",
            "bank_layouts.layouts_page",
        ),
    ),
)


@blueprint.get("/settings")
@requires(
    P.ADMIN_KEYS_MANAGE,
    P.ADMIN_PEOPLE_MANAGE,
    P.AUDIT_EVERYTHING_READ,
    P.BANK_FILES_IMPORT,
    P.CLAIMS_READ,
    P.FUNDING_AGREEMENTS_MANAGE,
    P.FUNDING_LINES_READ,
    P.SCHEMES_SET_UP,
    P.STATEMENTS_READ,
    P.STATEMENTS_SIGN,
    task=_("Settings"),
)
def settings_page() -> ResponseReturnValue:
    mine = {task.endpoint: task for task in tasks(current_act().actor)}
    parts = [(each, [mine[name] for name in each.endpoints if name in mine]) for each in SECTIONS]
    return render_template("workspace/settings.html", sections=[part for part in parts if part[1]])
