"""The product's web app, worker and commands for processes of their own, by a clock that runs from where a test stands.

``SHIFT_SECONDS`` is how far that clock is from the machine's. ``DIE_ONCE`` is the path of a file that may say at which
moment in the handling of a claim to die: the process that finds it there then removes it and kills itself.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask, Response, has_request_context, request
from gunicorn.app import wsgiapp
from sqlalchemy import event

from voucher.app import create_app, office
from voucher.cli.main import root
from voucher.platform.db import db
from voucher.worker import run_worker

BEFORE_COMMIT, BEFORE_ANSWER = "before the commit", "before the answer"


def clock() -> datetime:
    """The machine's clock, shifted."""
    return datetime.now(UTC) + timedelta(seconds=float(os.environ["SHIFT_SECONDS"]))


def app() -> Flask:
    """The app by that clock."""
    made = create_app(clock=clock)
    if "DIE_ONCE" in os.environ:
        event.listen(db.session, "before_commit", lambda _session: _die_if_told(BEFORE_COMMIT))
        made.after_request(_die_with_the_answer)
    return made


def _die_with_the_answer(answer: Response) -> Response:
    _die_if_told(BEFORE_ANSWER)
    return answer


def _die_if_told(moment: str) -> None:
    told = Path(os.environ["DIE_ONCE"])
    if not (has_request_context() and request.method == "POST" and request.path == "/claims/new"):
        return
    if told.exists() and told.read_text() == moment:
        told.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


def work(*, once: bool = False) -> None:
    """The worker by that clock, until it is told to stop."""
    with app().app_context():
        run_worker(office(), once=once)


def serve(port: int) -> None:
    """The web server with two workers; the app is read once and not again by whoever takes a killed one's place."""
    options = ("--workers", "2", "--preload", "--bind", f"127.0.0.1:{port}", "--no-control-socket")
    sys.argv = ["gunicorn", *options, f"{__name__}:app()"]
    wsgiapp.run()


def command(given: Sequence[str], *, dies: bool) -> None:
    """A command line, which may kill itself where everything is written and nothing committed."""
    if dies:
        event.listen(db.session, "before_commit", lambda _session: os.kill(os.getpid(), signal.SIGKILL))
    root(list(given))
