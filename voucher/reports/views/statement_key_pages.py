"""The keys that sign statements, for whoever looks after keys: a new one, and one that others know."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.proof import done_with_proof
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.reports.statement_keys import compromise_statement_key, rotate_statement_key
from voucher.reports.views.check_pages import MEANS
from voucher.vouchers.forms import KeyForm

blueprint = Blueprint("statement_keys", __name__)

P = Permission


@blueprint.get("/statement-keys/manage")
@requires(P.ADMIN_KEYS_MANAGE, task=_("Keys that sign statements"))
def manage_page() -> ResponseReturnValue:
    return render_template("reports/manage_keys.html", keys=current_act().ring.statement_keys(), means=MEANS)


@blueprint.route("/statement-keys/rotate", methods=["GET", "POST"])
@requires(P.ADMIN_KEYS_MANAGE)
def rotate_page() -> ResponseReturnValue:
    text = _("Statements that the old key signed stay good. Publish the new key wherever you publish the old one.")
    return _page(_("Sign statements with a new key"), text, _("Make a new key"), _rotate)


def _rotate(act: Act, reason: str) -> str:
    key = rotate_statement_key(act, reason=reason)
    return str(translate(_("Key %(number)s signs from now on. Back the key ring up."), number=key.kid))


@blueprint.route("/statement-keys/<int:kid>/compromise", methods=["GET", "POST"])
@requires(P.ADMIN_KEYS_MANAGE)
def compromise_page(kid: int) -> ResponseReturnValue:
    if kid not in {key.kid for key in current_act().ring.statement_keys()}:
        raise NotFound("no_key", _("The key ring has no such key."))
    text = _(
        "Do this when somebody else may have the key. It is published as known to others, so that its signatures prove "
        "nothing any more; the hashes of its statements, which were mailed when they were signed, still do. It cannot "
        "be undone."
    )
    heading = _("Publish that others know key %(number)s")
    return _page(heading, text, _("Publish it"), _compromise, kid)


def _compromise(act: Act, reason: str, kid: int) -> str:
    signer = compromise_statement_key(act, kid, reason=reason)
    words = _("Key %(number)s is published as known to others. Key %(now)s signs. Back the key ring up.")
    return str(translate(words, number=kid, now=signer.kid))


def _page(heading: str, text: str, button: str, do: Callable[..., str], *kid: int) -> ResponseReturnValue:
    """Asks for the reason and the second factor, and does one thing with the keys."""
    form, told = KeyForm(), list[str]()
    status = done_with_proof(current_act(), form, lambda act: told.append(do(act, form.reason.data, *kid)))
    if status is None:
        flash(told[0])
        return redirect(url_for(".manage_page"))
    page = render_template(
        "reports/key_step.html",
        form=form,
        heading=translate(heading, number=kid[0]) if kid else translate(heading),
        text=translate(text),
        button_words=translate(button),
        warning=bool(kid),
    )
    return page, status
