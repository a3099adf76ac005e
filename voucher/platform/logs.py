"""Logs: one line of JSON on stderr for each request and each fault, without secrets and without personal data.

A line names no person, no query string and no text of an exception, for these quote what people entered. Whoever
needs to know who did something reads the audit trail. The web server's own access log stays off.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import structlog
from flask import Flask, Response, g, request
from structlog.stdlib import BoundLogger, ProcessorFormatter
from structlog.types import EventDict, Processor, WrappedLogger

FRAMES = 15

# What follows /V/ redeems a voucher and what follows /L/ answers in somebody's name.
_SECRET = re.compile(r"(^|/)([VL])/.+", re.IGNORECASE | re.DOTALL)

LOG: BoundLogger = structlog.stdlib.get_logger("voucher.web")


class LoggedFlask(Flask):
    """A Flask app whose unforeseen faults are logged here; Flask itself would write out the path and the text."""

    def log_exception(
        self, exc_info: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> None:
        """One line for the fault that a page ended in."""
        log_fault(exc_info[1])


def log_fault(error: BaseException | None) -> None:
    """Logs an exception that nobody foresaw."""
    LOG.error("fault", **fault(error))


def prepare(app: Flask) -> None:
    """Logs every request of this app; called first, so that every other hook has the request's number."""
    _configure()
    app.before_request(_begin)
    app.after_request(_end)


def masked(path: str) -> str:
    """The path as a log may show it, at most 200 characters of it."""
    return _SECRET.sub(r"\1\2/…", path)[:200]


def fault(error: BaseException | None) -> dict[str, object]:
    """What may be told of an exception: its kind, those behind it and where it arose, never its text."""
    kinds: list[str] = []
    frames: list[str] = []
    while error is not None and len(kinds) < FRAMES:
        kinds.append(f"{type(error).__module__}.{type(error).__qualname__}")
        if not frames:
            frames = [f"{at.filename}:{at.lineno} {at.name}" for at in traceback.extract_tb(error.__traceback__)]
        error = error.__cause__ or error.__context__
    return {"kinds": kinds, "frames": frames[-FRAMES:]}


def formatter() -> logging.Formatter:
    """Makes a line of JSON of what we log and of what libraries log."""
    ours: list[Processor] = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    return ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars, structlog.stdlib.add_logger_name],
        processors=[
            *ours, _without_text, ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer(),
        ],
    )  # fmt: skip


@contextmanager
def written_to(path: Path) -> Iterator[None]:
    """While it lasts, our lines are added to a file and stand on no terminal; those of libraries stay where they were.

    Other people's data is in no line, so the file needs no more care than the terminal did.
    """
    ours = logging.getLogger("voucher")
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(formatter())
    before, ours.propagate = ours.propagate, False
    ours.addHandler(handler)
    try:
        yield
    finally:
        ours.removeHandler(handler)
        ours.propagate = before
        handler.close()


def _configure() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter())
    # This leaves a root logger alone that whoever runs us has set up already.
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("voucher").setLevel(logging.INFO)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # Its lines on requests show whole addresses.
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=BoundLogger,
        cache_logger_on_first_use=False,
    )


def _without_text(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Puts what may be told of an exception in the place of its traceback, whose last lines quote values."""
    exc_info = line.pop("exc_info", None)
    record = line.get("_record")
    if exc_info is None and isinstance(record, logging.LogRecord):
        exc_info = record.exc_info
    if isinstance(exc_info, tuple):
        line.update(fault(exc_info[1]))
    return line


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    LOG.info(
        "request",
        method=request.method,
        path=masked(request.path),
        status=response.status_code,
        milliseconds=round((time.perf_counter() - g.began) * 1000),
    )
    return response
