"""The pages of the keys that sign vouchers: what each is good for, a new one, and one that others know."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from flask_babel import ngettext

from voucher.accounts.proof import done_with_proof
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.keyring import KeyStatus
from voucher.platform.web import current_act, requires
from voucher.vouchers.forms import KeyForm
from voucher.vouchers.keys import compromise_key, living_by_key, rotate_key

blueprint = Blueprint("keys", __name__)

P = Permission


@blueprint.get("/voucher-keys")
@requires(P.ADMIN_KEYS_MANAGE, task=_("Keys that sign vouchers"))
def keys_page() -> ResponseReturnValue:
    keys = current_act().ring.voucher_keys()
    return render_template("vouchers/keys.html", keys=keys, living=living_by_key(), means=MEANS)


# What a key is good for, in words.
MEANS = {
    KeyStatus.ACTIVE: _("Signs every new voucher."),
    KeyStatus.RETIRED: _("Signs no new voucher. Those that it signed stay good."),
    KeyStatus.COMPROMISED: _("Whatever it signed is refused."),
}


@blueprint.route("/voucher-keys/rotate", methods=["GET", "POST"])
@requires(P.ADMIN_KEYS_MANAGE)
def rotate_page() -> ResponseReturnValue:
    heading = _("Sign new vouchers with a new key")
    text = _("Vouchers that the old key signed stay good, and nobody needs new paper.")
    return _page(heading, text, _("Make a new key"), _rotate)


def _rotate(act: Act, reason: str) -> str:
    key = rotate_key(act, reason=reason)
    return str(translate(_("Key %(number)s signs from now on. Back the key ring up."), number=key.kid))


@blueprint.route("/voucher-keys/<int:kid>/compromise", methods=["GET", "POST"])
@requires(P.ADMIN_KEYS_MANAGE)
def compromise_page(kid: int) -> ResponseReturnValue:
    if kid not in {key.kid for key in current_act().ring.voucher_keys()}:
        raise NotFound("no_key", _("The key ring has no such key."))
    text = _(
        "Do this when somebody else may have the key. Whatever it signed is refused at once, and each business with a "
        "voucher of this key that can still be used gets a new voucher by e-mail. It cannot be undone."
    )
    return _page(_("Refuse all that key %(number)s signed"), text, _("Refuse this key"), _compromise, kid)


def _compromise(act: Act, reason: str, kid: int) -> str:
    found = compromise_key(act, kid, reason=reason)
    words = ngettext(
        "Key %(key)s is refused. %(num)s business gets a new voucher. Back the key ring up.",
        "Key %(key)s is refused. %(num)s businesses get a new voucher. Back the key ring up.",
        found.replaced,
        key=kid,
    )
    return str(words)


def _page(heading: str, text: str, button: str, do: Callable[..., str], *kid: int) -> ResponseReturnValue:
    """Asks for the reason and the second factor, and does one thing with the keys."""
    form, told = KeyForm(), list[str]()
    status = done_with_proof(current_act(), form, lambda act: told.append(do(act, form.reason.data, *kid)))
    if status is None:
        flash(told[0])
        return redirect(url_for("keys.keys_page"))
    page = render_template(
        "vouchers/key_step.html",
        form=form,
        heading=translate(heading, number=kid[0]) if kid else translate(heading),
        text=translate(text),
        button_words=translate(button),
        warning=bool(kid),
    )
    return page, status
