"""The product's web app and worker in processes of their own, by a clock that runs from where a test stands.

``SHIFT_SECONDS`` is how far that clock is from the machine's. ``DIE_ONCE`` is the path of a file that may say at which
moment in the handling of a claim to die: the process that finds it there then removes it and kills itself.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask, Response, has_request_context, request
from sqlalchemy import event

from voucher.app import create_app, office
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


def work() -> None:
    """The worker by that clock, until it is told to stop."""
    with app().app_context():
        run_worker(office(), once="--once" in sys.argv)


if __name__ == "__main__":
    work()
