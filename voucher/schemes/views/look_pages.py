"""A scheme's own looks: the page that sets them, and the stylesheet and logo that its public pages load."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.documents.commands import looked_at
from voucher.platform.authz import Permission
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, gives_a_file, public, requires
from voucher.schemes.forms import LookForm
from voucher.schemes.look import logo_of, look_of, reset_look, set_colour, set_logo
from voucher.schemes.models import Scheme
from voucher.schemes.queries import scheme_by_reference
from voucher.schemes.rules import darker
from voucher.schemes.views.entering import done
from voucher.schemes.workplace import working_in

blueprint = Blueprint("look", __name__)

P = Permission
OURS = "#00596b"
DAY = 86_400


@blueprint.route("/scheme/look", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP, task=_("Change the scheme's colour and logo"))
def look_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.SCHEMES_SET_UP)
    look = look_of(at.scheme)
    form = LookForm(data={"colour": (look and look.colour) or OURS})
    logo = form.logo.data.read() if form.is_submitted() and form.logo.data else b""
    act = looked_at(act, [logo])

    def change() -> None:
        if form.reset.data:
            reset_look(act, at.scheme)
            return
        set_colour(act, at.scheme, form.colour.data)
        if form.logo.data:
            set_logo(act, at.scheme, data=logo, name=form.logo.data.filename or "logo")

    if done(act, form, change):
        flash(translate(_("The looks of the scheme's public pages are changed.")))
        return redirect(url_for("look.look_page", **at.args))
    page = render_template("schemes/look.html", at=at, form=form, look=look)
    return page, 422 if form.errors else 200


@blueprint.get("/schemes/<reference>/look.css")
@public("a stylesheet holds nothing private")
def style(reference: str) -> ResponseReturnValue:
    look = look_of(scheme_by_reference(reference))
    colour = (look and look.colour) or OURS
    sheet = render_template("schemes/look.css", colour=colour, dark=darker(colour))
    answer = Response(sheet, mimetype="text/css")
    return _kept(answer)


@blueprint.get("/schemes/<reference>/logo")
@gives_a_file
@public("a scheme shows its logo to everybody")
def logo(reference: str) -> ResponseReturnValue:
    found = logo_of(scheme_by_reference(reference))
    return _kept(Response(current_act().files.get(found.sha256), mimetype=found.media_type))


@blueprint.app_template_global("look_address")
def look_address(scheme: Scheme) -> str:
    """The address of a scheme's stylesheet, which changes with its looks; empty when it has none of its own."""
    look = look_of(scheme)
    if look is None or look.colour is None:
        return ""
    return url_for("look.style", reference=scheme.reference, v=int(look.set_at.timestamp()))


@blueprint.app_template_global("logo_address")
def logo_address(scheme: Scheme) -> str:
    """The address of a scheme's logo, which changes with it; empty when it has none."""
    look = look_of(scheme)
    if look is None or look.logo_id is None:
        return ""
    return url_for("look.logo", reference=scheme.reference, v=int(look.set_at.timestamp()))


def _kept(answer: Response) -> Response:
    answer.cache_control.public = True
    answer.cache_control.max_age = DAY
    return answer
