"""What every page stands on: who may open it, what browsers are told about it, and who sends a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar, cast

from flask import Flask, Response, current_app, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from flask_login import LoginManager, current_user
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFError, CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.datastructures import MultiDict

from config import Config
from voucher.platform import languages, refusals
from voucher.platform.act import Act
from voucher.platform.actor import Actor, Channel
from voucher.platform.authz import Permission
from voucher.platform.clock import Clock
from voucher.platform.errors import Forbidden
from voucher.platform.govuk import component
from voucher.platform.i18n import capital, in_words
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.keyring import KeyRing
from voucher.platform.references import unbroken
from voucher.platform.telephone import telephone

UPLOAD_LIMIT = 20 * 1024 * 1024

# Addresses under these carry a secret: a voucher's token or a one-time link's.
SECRET_PATHS = ("/V/", "/L/")

# All that a browser may keep; every other answer is somebody's own or carries the secret of a form.
KEPT = frozenset({"static", "platform.assets", "platform.fonts", "look.style", "look.logo"})

HEADERS = {
    "frame_options": "DENY",
    "referrer_policy": "same-origin",
    "content_security_policy": {
        "default-src": "'self'",
        "img-src": "'self' data:",  # QR codes are drawn into the page that shows them.
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    },
    # The camera reads vouchers; nothing else of the device is asked for.
    "permissions_policy": {"camera": "(self)", "geolocation": "()", "microphone": "()", "payment": "()"},
    "strict_transport_security_include_subdomains": False,  # We speak for our own host only.
}

# For bytes that somebody handed in: shown inside our own pages, and nothing in them runs.
FILE_HEADERS = {
    "frame_options": "SAMEORIGIN",
    "content_security_policy": {"default-src": "'none'", "sandbox": "", "frame-ancestors": "'self'"},
}

# The category of a message on the next page that says something else than that a thing is done.
NOTICE = "notice"

View = TypeVar("View", bound=Callable[..., object])


class Desk(Protocol):
    """What the factory lays ready in every app."""

    config: Config
    clock: Clock
    ring: KeyRing

    def act(self, actor: Actor) -> Act:
        """An act of this person, here and now."""


@dataclass(frozen=True)
class Visitor:
    """Whoever sends this request, as flask-login wants to meet them; nobody is signed in without a session's token."""

    actor: Actor
    token: str = ""

    @property
    def is_authenticated(self) -> bool:
        """Whether somebody is signed in."""
        return bool(self.token)

    @property
    def is_active(self) -> bool:
        """The session of a suspended person is not found, so whoever is signed in is active."""
        return self.is_authenticated

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody is signed in."""
        return not self.is_authenticated

    def get_id(self) -> str:
        """What the signed cookie keeps."""
        return self.token


class Keeper(Protocol):
    """Keeps what somebody sent without a session that holds, and gives it back to the same person."""

    def keep(self) -> str | None:
        """The address at which the form is found again; None when it is not kept."""

    def kept_fields(self) -> MultiDict[str, str] | None:
        """What is kept for the page and the person of this request."""


class Guard(NamedTuple):
    """Who may open a page: holders of one of the permissions, whoever is signed in, or everybody, for a reason."""

    permissions: frozenset[Permission] = frozenset()
    why_public: str = ""
    task: str = ""
    anybody_signed_in: bool = False
    foot: str = ""
    home: bool = False
    front: bool = False
    resumes: bool = False


class Task(NamedTuple):
    """A page that somebody may start from."""

    endpoint: str
    label: str


class Unguarded(RuntimeError):
    """A view does not say who may open it: a programming error, and nobody may."""


def requires(*permissions: Permission, task: str = "", home: bool = False) -> Callable[[View], View]:
    """Marks a view as open to whoever holds one of these permissions anywhere; the command looks at where.

    ``task`` is what the page does, in words; with it the home page of those people links here. ``home`` makes it the
    page at which they arrive. Only a page without parts of its address to fill in can be either.
    """
    if not permissions:
        raise ValueError("name a permission, or say why everybody may open the page")
    return _marked(Guard(frozenset(permissions), task=task, home=home))


def public(why: str, *, foot: str = "", front: bool = False) -> Callable[[View], View]:
    """Marks a view as open to everybody and says why that is right.

    With ``foot`` every page's foot links here; ``front`` shows it at the root to whoever is not signed in.
    """
    return _marked(Guard(why_public=why, foot=foot, front=front))


def signed_in(*, task: str = "", resumes: bool = False) -> Callable[[View], View]:
    """Marks a view as open to everybody who is signed in, for what is about the person itself.

    ``resumes`` lets whoever had to sign in first come back to it, which a page with a task does anyway.
    """
    return _marked(Guard(anybody_signed_in=True, task=task, resumes=resumes))


def compiles(view: View) -> View:
    """Marks a view whose page may compile WebAssembly; in all else its policy is every page's."""
    view.__dict__["voucher_compiles"] = True
    return view


def gives_a_file(view: View) -> View:
    """Marks a view that answers with bytes as somebody handed them in, so that browsers keep them locked up."""
    view.__dict__["talisman_view_options"] = dict(FILE_HEADERS)
    return view


def guard_of(view: Callable[..., object]) -> Guard:
    """The mark of a view; raises Unguarded when it has none."""
    found = view.__dict__.get("voucher_guard")
    if not isinstance(found, Guard):
        raise Unguarded(f"{view.__module__}.{view.__qualname__} needs @requires(…) or @public(…)")
    return found


def visitor() -> Visitor:
    """Who sends this request."""
    return cast(Visitor, current_user._get_current_object())


def desk() -> Desk:
    """What the factory laid ready in this app."""
    return cast(Desk, current_app.extensions["voucher"])


def current_act() -> Act:
    """An act of whoever sends this request."""
    return desk().act(visitor().actor)


def home_of(actor: Actor) -> str | None:
    """The endpoint at which a person arrives: the first home, in the app's order, that is open to them."""
    guards = ((endpoint, guard_of(view)) for endpoint, view in current_app.view_functions.items())
    return next((endpoint for endpoint, guard in guards if guard.home and _admits(guard, actor)), None)


def front_page() -> Callable[[], ResponseReturnValue] | None:
    """The view that the root shows to whoever is not signed in."""
    found = next((view for view in current_app.view_functions.values() if guard_of(view).front), None)
    return cast("Callable[[], ResponseReturnValue] | None", found)


def may_come_back_to(endpoint: str, actor: Actor) -> bool:
    """Whether a person may go on at this endpoint after signing in: no other place is gone to."""
    view = current_app.view_functions.get(endpoint)
    guard = guard_of(view) if view is not None else Guard()
    return bool(guard.task or guard.resumes) and _admits(guard, actor)


def tasks(actor: Actor) -> list[Task]:
    """The pages that a person may start from, in the order in which the app was given them."""
    guards = ((endpoint, guard_of(view)) for endpoint, view in current_app.view_functions.items())
    return [Task(endpoint, translate(guard.task)) for endpoint, guard in guards if guard.task and _admits(guard, actor)]


def prepare(
    app: Flask,
    config: Config,
    *,
    visitor_of: Callable[[str], Visitor | None],
    sign_in_page: str,
    keeper: Keeper,
) -> None:
    """Puts this module's guards, headers and error pages around every page of the app.

    ``visitor_of`` gives whose session a token is of, ``sign_in_page`` is the endpoint to go to without one, and
    ``keeper`` keeps what was entered meanwhile.
    """
    https = config.base_url.startswith("https://")
    app.config.update(
        MAX_CONTENT_LENGTH=UPLOAD_LIMIT,
        SESSION_COOKIE_NAME="__Host-voucher" if https else "voucher",
        SESSION_COOKIE_SECURE=https,
        SIGN_IN_PAGE=sign_in_page,
        WTF_CSRF_TIME_LIMIT=None,  # A form is good for as long as the session whose secret it carries.
        WTF_CSRF_SSL_STRICT=False,  # It wants a referrer, which pages under /V/ do not send.
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(component=component, footer_links=_footer_links)
    app.jinja_env.filters.update(telephone=telephone, capital=capital, happened=happened, tag_colour=tag_colour)
    app.jinja_env.filters.update(translated=translated, unbroken=unbroken)
    public("styles and pictures hold nothing private")(app.view_functions["static"])
    # Flask runs these hooks from the last to the first, so that ours has the last word on Talisman's headers.
    app.after_request(_tell_browser)
    Talisman(app, force_https=https, session_cookie_secure=https, **HEADERS)
    _know_visitors(app, visitor_of)
    app.before_request(_admit)
    CSRFProtect(app)
    app.extensions["voucher_keeper"] = keeper
    app.register_error_handler(CSRFError, _out_of_date)
    languages.prepare(app, config.translations, https=https, papers=config.papers_language)
    refusals.prepare(app)


# The colour of a state's tag by what the state means to whoever reads it; the word says it, too.
_COLOURS = {
    "green": {"accepted", "active", "approved", "confirmed", "defrayed", "good", "issued", "paid", "passed", "repaid",
              "set up", "settled", "signed", "verified", "accepted by the funder"},
    "yellow": {"could not be sent yet", "disputed", "information requested", "look at this", "on hold",
               "partly settled", "queried", "returned", "sent back", "suspended", "unconfirmed", "waitlisted",
               "part repaid"},
    "red": {"cancelled", "declined", "expired", "failed", "lapsed", "overdue", "recalled", "refused", "rejected",
            "recovered", "written off"},
    "grey": {"draft", "not set up", "spent", "superseded", "taken out", "undone", "withdrawn"},
}  # fmt: skip


def happened(action: str) -> str:
    """An action of the audit trail in the page's words: ``claim.sent_back`` reads “Claim sent back”.

    An action that is put together from a thing and a state is translated in these two parts.
    """
    whole = in_words(action)
    said = str(translate(whole))
    if said != whole:
        return capital(said)
    return capital(" ".join(translate(in_words(part)) for part in action.split(".", 1)))


def translated(words: object) -> str:
    """Words that come as a value (a state, a kind, a label), in the page's language.

    ``_()`` takes what it is given for HTML and fills it in: right for a text that a template spells out, and for no
    other.
    """
    return languages.spoken(words if isinstance(words, str) else str(words)) if words else ""


def tag_colour(state: str) -> str:
    """The colour of a state's tag; what is on its way is blue."""
    return next((colour for colour, states in _COLOURS.items() if state in states), "blue")


def _footer_links() -> list[Task]:
    """The public pages that every page's foot leads to."""
    guards = ((endpoint, guard_of(view)) for endpoint, view in current_app.view_functions.items())
    return [Task(endpoint, translate(guard.foot)) for endpoint, guard in guards if guard.foot]


def _marked(guard: Guard) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.__dict__["voucher_guard"] = guard
        return view

    return mark


def _know_visitors(app: Flask, visitor_of: Callable[[str], Visitor | None]) -> None:
    login = LoginManager()
    # Its own processor would ask the database for the visitor on every page, that of a fault included.
    login.init_app(app, add_context_processor=False)
    login.user_loader(visitor_of)
    login.session_protection = None  # The row in the database says whether a session holds, not the browser's name.
    login.anonymous_user = lambda: Visitor(Actor(None, "nobody", Channel.WEB, address=request.remote_addr or ""))
    app.jinja_env.globals["visitor"] = visitor


def _tell_browser(response: Response) -> Response:
    if request.endpoint not in KEPT:
        response.headers["Cache-Control"] = "no-store"
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and view.__dict__.get("voucher_compiles"):
        response.headers["Content-Security-Policy"] += "; script-src 'self' 'wasm-unsafe-eval'"
    if request.path.upper().startswith(SECRET_PATHS):
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _admits(guard: Guard, actor: Actor) -> bool:
    if guard.anybody_signed_in:
        return actor.is_person
    return bool(guard.why_public) or any(grant.permission in guard.permissions for grant in actor.grants)


def _admit() -> ResponseReturnValue | None:
    """The first lock of every door; a view without a mark is open to nobody."""
    if request.endpoint is None:
        return None
    guard = guard_of(current_app.view_functions[request.endpoint])
    # Who sends a request for a public page is not asked for here, so that it opens without a database.
    if guard.why_public or _admits(guard, visitor().actor):
        if request.method == "GET" and "kept" in request.args and visitor().is_authenticated:
            g.kept_fields = _keeper().kept_fields()
        return None
    if visitor().is_authenticated:
        raise Forbidden(
            "no_permission", _("Your roles do not open this page. Ask a system administrator for the role.")
        )
    if refusals.wants_json():
        return refusals.page(401, code="not_signed_in")
    if request.method == "POST":
        _say_it_is_over(_keeper().keep())
    return redirect(url_for(current_app.config["SIGN_IN_PAGE"], next=_come_back_to(guard)))


def _say_it_is_over(kept: str | None) -> None:
    if kept is not None:
        words = translate("Your session is over. What you entered is kept: sign in, and you find it in its form again.")
    else:
        words = translate("Your session is over, so that was not done. Sign in and do it again.")
    flash(words, NOTICE)


def _out_of_date(error: CSRFError) -> ResponseReturnValue:
    """The form of a session before this one comes back filled in; what carries no token is refused as it is."""
    kept = _keeper().keep() if visitor().is_authenticated and "csrf_token" in request.form else None
    return redirect(kept) if kept is not None else refusals.failed(error)


def _keeper() -> Keeper:
    return cast(Keeper, current_app.extensions["voucher_keeper"])


def _come_back_to(guard: Guard) -> str | None:
    return request.endpoint if guard.task or guard.resumes else None
