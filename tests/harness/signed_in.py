"""People who are signed in already: by a session's row, because a password takes long to check."""

from __future__ import annotations

import secrets
from contextvars import Context
from datetime import timedelta

from flask import Flask

from tests.harness.client import PageClient
from tests.harness.stages import repeat
from voucher.accounts.models import Person, SignInSession
from voucher.app import office
from voucher.platform.db import atomic, session

# Longer than any test moves its clock on.
LASTS = timedelta(days=2000)


def session_token(person: Person) -> str:
    """The token of a session of the person's that has just begun."""
    here, token = office(), secrets.token_urlsafe(32)
    person_id, now = session.merge(person).id, here.clock()

    def begin() -> None:
        with atomic():
            session.add(
                SignInSession(
                    person_id=person_id,
                    token_hash=here.ring.lookup_hash(token),
                    began_at=now,
                    expires_at=now + LASTS,
                    address="127.0.0.1",
                )
            )

    repeat(begin)
    return token


def browser_of(app: Flask, person: Person) -> PageClient:
    """The browser of somebody who has signed in."""
    client, token = PageClient(app), session_token(person)
    Context().run(client.carry, token)
    return client
