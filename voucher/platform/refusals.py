"""What a refusal looks like: a page in words with a next step, or the same as JSON; never a traceback."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple

import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from voucher.platform.errors import Conflict, DomainError, Fault, FileRefused, Forbidden, InvalidTransition, NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.keyring import KeyRingError
from voucher.platform.languages import spoken
from voucher.platform.logs import log_fault


class Words(NamedTuple):
    """The heading and the sentence of a page: what is wrong and what to do next."""

    title: str
    text: str


WORDS = {
    400: Words(
        _("We could not read what was sent"), _("Go back, check what you entered and send it again.")
    ),
    401: Words(_("You are not signed in"), _("Sign in, then try again.")),
    403: Words(_("You may not do this"), _("Ask a system administrator if your roles should allow it.")),
    404: Words(
        _("Page not found"), _("Check the address. If you followed a link, ask whoever gave it to you for a new one.")
    ),
    405: Words(_("This address does not work that way"), _("Go back and use the link or button on the page.")),
    409: Words(
        _("This has changed in the meantime"), _("Go back and load the page again to see how it stands now.")
    ),
    413: Words(_("That is too large to send"), _("Send a file of at most 20 MB.")),
    422: Words(_("This was not accepted"), _("Go back, correct what you entered and send it again.")),
    429: Words(_("Too many attempts"), _("Wait 15 minutes, then try again.")),
    500: Words(
        _("Something went wrong on our side"),
        _("Go back and look whether what you did was saved. If it was not, try again in a few minutes."),
    ),
}  # fmt: skip

OUT_OF_DATE = Words(
    _("This form is out of date"), _("Go back, load the page again and send the form again. You may have to sign in.")
)

# The first kind that fits gives the status; any other refusal is about what was entered.
STATUS = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (Conflict, HTTPStatus.CONFLICT),
    (InvalidTransition, HTTPStatus.CONFLICT),
)
TOO_MANY = frozenset({"locked"})


def prepare(app: Flask) -> None:
    """Gives every refusal and every fault of this app its page."""
    app.register_error_handler(DomainError, _refused)
    app.register_error_handler(HTTPException, failed)


def status_of(error: DomainError) -> int:
    """The HTTP status that says what kind of refusal this is."""
    if error.code in TOO_MANY:
        return HTTPStatus.TOO_MANY_REQUESTS
    return next((status for kind, status in STATUS if isinstance(error, kind)), HTTPStatus.UNPROCESSABLE_ENTITY)


def wants_json() -> bool:
    """Whether the request accepts JSON and no page."""
    accepted = request.accept_mimetypes
    return accepted.accept_json and not accepted.accept_html


def page(status: int, *, code: str, words: Words | None = None, faults: Sequence[Fault] = ()) -> Response:
    """The page of a refusal, or its JSON twin as problem details (RFC 9457)."""
    title, text = words or WORDS.get(status) or WORDS[400 if status < 500 else 500]
    title, text = translate(title), spoken(text)
    if not wants_json():
        html = render_template("errors/error.html", status=status, title=title, text=text, faults=faults)
        return make_response(html, status)
    found = [{"row": fault.row, "column": fault.column, "message": fault.message} for fault in faults]
    answer = jsonify(title=title, status=status, detail=text, code=code, faults=found, request_id=g.request_id)
    answer.status_code, answer.mimetype = status, "application/problem+json"
    return answer


def _refused(error: DomainError) -> ResponseReturnValue:
    if isinstance(error, KeyRingError):
        # Nobody who looks at a page can mend the key ring, and its message names folders of the server.
        log_fault(error)
        return page(500, code="fault")
    status = status_of(error)
    structlog.contextvars.bind_contextvars(refusal=error.code)
    faults = error.faults if isinstance(error, FileRefused) else ()
    return page(status, code=error.code, words=Words(WORDS[status].title, error.message), faults=faults)


def failed(error: HTTPException) -> ResponseReturnValue:
    """The page of an HTTP fault."""
    if error.code is None or error.code < 400:
        return error
    words = OUT_OF_DATE if isinstance(error, CSRFError) else None
    answer = page(error.code, code=f"http_{error.code}", words=words)
    # Some statuses say what to do in a header: which methods an address knows, when to come again.
    answer.headers.extend((name, value) for name, value in error.get_headers() if name != "Content-Type")
    return answer
