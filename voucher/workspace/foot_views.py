"""The pages that every page's foot leads to: accessibility, privacy, terms, complaints."""

from __future__ import annotations

from collections import defaultdict

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import public
from voucher.schemes.models import Scheme, Terms
from voucher.schemes.queries import schemes_for_everybody, terms_of

blueprint = Blueprint("foot", __name__)


@blueprint.app_template_global()
def only_scheme() -> Scheme | None:
    """The scheme whose name and owner stand in every page's foot; None where there are several, or none yet."""
    schemes = schemes_for_everybody()
    return schemes[0] if len(schemes) == 1 else None


@blueprint.get("/accessibility")
@public("the law wants it to be open to everybody", foot=_("Accessibility"))
def accessibility_page() -> ResponseReturnValue:
    return render_template("workspace/accessibility.html", schemes=schemes_for_everybody())


@blueprint.get("/privacy")
@public("whoever gives us data must be able to read it first", foot=_("Privacy"))
def privacy_page() -> ResponseReturnValue:
    return render_template("workspace/privacy.html", schemes=schemes_for_everybody())


@blueprint.get("/terms")
@public("whoever applies must be able to read the terms first", foot=_("Terms"))
def terms_page() -> ResponseReturnValue:
    schemes = schemes_for_everybody()
    versions: dict[int, list[Terms]] = defaultdict(list)
    for each in terms_of([scheme.id for scheme in schemes]):
        versions[each.scheme_id].append(each)
    return render_template("workspace/all_terms.html", schemes=schemes, versions=versions)


@blueprint.get("/complaints")
@public("anybody may complain", foot=_("Complaints"))
def complaints_page() -> ResponseReturnValue:
    return render_template("workspace/complaints.html", schemes=schemes_for_everybody())
