"""How a form that was sent without a session comes back to its person after signing in."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from flask import current_app, flash, request, url_for
from flask import session as browser
from flask_babel import gettext as translate
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from voucher.accounts.kept_forms import Kept, PageAddress, find_kept, held_by, keep_form
from voucher.platform.db import atomic
from voucher.platform.forms import SECRETS
from voucher.platform.web import NOTICE, current_act, desk, visitor

# In the browser's signed cookie: the token of a session that was signed out here, and what is kept for its person.
WAS, KEPT = "was", "kept"


def remember_session(token: str) -> None:
    """Lets this browser's forms that are still open in another tab find their person."""
    browser[WAS] = token


def keep() -> str | None:
    """Keeps what this request sent for whoever has, or last had, a session in this browser; gives the form's address.

    None when nothing can come back: another site sent it, nobody was signed in here, or no page has such a form.
    """
    token, page = browser.get("_user_id") or browser.get(WAS), _page_of_form()
    entered = [(name, text) for name, text in request.form.items(multi=True) if name not in SECRETS]
    # Cookies do not come with what another site sends; where they do, its fields are not put before anybody.
    ours = request.headers.get("Origin", request.host_url[:-1]) == request.host_url[:-1]
    if not (token and page and entered and ours):
        return None
    act = current_act()
    with atomic():
        person_id = visitor().actor.person_id or held_by(act.ring.lookup_hash(token))
        if person_id is None:
            return None
        browser[KEPT] = keep_form(act, person_id, page, entered)
    return _address(browser[KEPT], page)


def kept_fields() -> MultiDict[str, str] | None:
    """What is kept for the page that is asked for and whoever asks; the page says that it is back."""
    kept = _find(request.args["kept"])
    if kept is None or kept.page.endpoint != request.endpoint or dict(kept.page.parts) != request.view_args:
        return None
    flash(translate("What you entered is still here. Check it, choose any files again, and send it again."), NOTICE)
    return MultiDict(kept.fields)


def come_back(public_id: str | None) -> str | None:
    """The address of the form whose entries are kept for whoever has just signed in."""
    kept = _find(public_id) if public_id else None
    return _address(kept.public_id, kept.page) if kept else None


def _find(public_id: str) -> Kept | None:
    return find_kept(desk().ring, public_id, visitor().actor.person_id, desk().clock())


def _page_of_form() -> PageAddress | None:
    """The page that shows the form: at the same address, or, for a form that is sent elsewhere, where it stands.

    A form with a fault is shown again at the address that it was sent to. Where that only takes forms, the page to
    which the form belongs lies right above it.
    """
    above = request.base_url.rstrip("/").rpartition("/")[0]
    return _page_at(request.url) or _page_at(request.referrer or "") or _page_at(above)


def _page_at(url: str) -> PageAddress | None:
    """The page at an address of ours; None when that only takes forms, or is not ours."""
    address = urlsplit(url)
    if f"{address.scheme}://{address.netloc}/" != request.host_url:
        return None
    try:
        routes = current_app.url_map.bind_to_environ(request.environ)
        endpoint, parts = routes.match(unquote(address.path), method="GET")
    except (HTTPException, RequestRedirect):
        return None
    query = parse_qs(address.query)
    query.pop(KEPT, None)
    return PageAddress(endpoint, parts, query)


def _address(public_id: str, page: PageAddress) -> str:
    values: dict[str, Any] = {**page.query, **page.parts, KEPT: public_id}
    return url_for(page.endpoint, **values)
