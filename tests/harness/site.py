"""The app served on this machine, for a browser that signs in without a password."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server

from voucher.accounts.models import Person
from voucher.accounts.sign_in import begin
from voucher.app import Office, office
from voucher.audit.commands import transaction
from voucher.platform.actor import WORKER
from voucher.platform.db import session


@dataclass(frozen=True)
class Site:
    """Where the app answers."""

    app: Flask
    url: str

    def cookie(self, email: str) -> str:
        """The value of the cookie of a new session of the person with that address."""
        with self.app.app_context():
            act = office().act(WORKER)
            with transaction(WORKER, act.clock):
                person = session.scalars(select(Person).where(Person.email == email)).one()
                token = begin(act, person, "127.0.0.1").token
            session.remove()
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        return str(signer.dumps({"_user_id": token, "_fresh": True}))

    def jar(self, cookie: str) -> list[dict[str, Any]]:
        """That cookie as a browser takes it."""
        return [{"name": self.app.config["SESSION_COOKIE_NAME"], "value": cookie, "url": self.url}]


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The address of the app, served on a port of its own while the context lasts."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    # Left to itself, it notices only after half a second that it is to stop.
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


@contextmanager
def served(app: Flask) -> Iterator[Site]:
    """Serves the app while the context lasts; vouchers and letters carry its address."""
    found: Office = app.extensions["voucher"]
    with serving(app) as url:
        app.extensions["voucher"] = replace(found, config=replace(found.config, base_url=url))
        try:
            yield Site(app, url)
        finally:
            app.extensions["voucher"] = found
