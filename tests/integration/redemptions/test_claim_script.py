"""The twin of the claim's form for scripts: the same body, answers in JSON."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from io import BytesIO
from threading import Barrier

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import BODY, other_provider, paper, rows, signed_in
from voucher.platform.db import read_anew
from voucher.redemptions.models import Redemption

JSON = {"Accept": "application/json"}


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


class Script:
    """A script that is signed in as pat. What the test has read before is let go, for SQLite has one writer."""

    def __init__(self, app: Flask) -> None:
        read_anew()
        self._client: Client = signed_in(app)._client

    def ask(self, path: str) -> TestResponse:
        return Context().run(self._client.get, path, headers=JSON)

    def send(self, body: dict[str, object], token: str) -> TestResponse:
        headers = {**JSON, "X-CSRFToken": token}
        return Context().run(self._client.post, "/claims/new", data=body, headers=headers)


def test_a_script_gets_what_it_needs_and_sends_a_claim_once(app: Flask, world: World) -> None:
    recorded, script = world.recorded(world.issued()), Script(app)
    given = script.ask(f"/claims/new?session={recorded.public_id}").get_json()
    (file, name), found = paper(), []
    for _time in range(2):
        files = {"invoice_files": (BytesIO(file.getvalue()), name)}
        body = {**BODY, **files, "session": given["sessions"], "request_key": given["request_key"]}
        found.append(script.send(body, given["csrf_token"]))
    assert [each.status_code for each in found] == [201, 200]
    assert found[0].get_json() == found[1].get_json()
    receipt = found[0].get_json()
    assert (receipt["grant_pence"], receipt["state"]) == (40_000, "submitted")
    assert script.ask(receipt["address"]).get_json() == receipt


@pytest.mark.rule(18)
def test_scripts_that_send_one_claim_at_the_same_moment_get_one_receipt(app: Flask, world: World) -> None:
    asked, scripts = world.recorded(world.issued()).public_id, [Script(app) for _each in range(4)]
    tokens = [script.ask("/claims/new").get_json()["csrf_token"] for script in scripts]
    (file, name), start = paper(), Barrier(len(scripts))

    def send(script: Script, token: str) -> tuple[int, object]:
        files = {"invoice_files": (BytesIO(file.getvalue()), name)}
        start.wait(60)
        answer = script.send({**BODY, **files, "session": asked, "request_key": "key-00001"}, token)
        return answer.status_code, answer.get_json()["claim"]

    read_anew()
    with ThreadPoolExecutor(len(scripts)) as threads:
        found = list(threads.map(send, scripts, tokens))
    assert sorted(status for status, _claim in found) == [200, 200, 200, 201]
    assert len({receipt for _status, receipt in found}) == rows(Redemption) == 1


def test_a_script_reads_why_a_claim_was_refused(app: Flask, world: World) -> None:
    recorded, script = world.recorded(world.issued()), Script(app)
    token = script.ask("/claims/new").get_json()["csrf_token"]

    def send(key: str, **changes: object) -> TestResponse:
        body = {**BODY, "session": recorded.public_id, "request_key": key, "invoice_files": paper(), **changes}
        return script.send(body, token)

    unread = send("key-00001", net="much")
    assert (unread.status_code, unread.get_json()["field"]) == (422, "net")
    above = send("key-00001", net="2000.00", vat="400.00")
    assert (above.status_code, above.get_json()["code"]) == (422, "above_package_price")
    assert send("key-00001").status_code == 201
    late = send("key-00002", invoice_number="78")
    assert (late.status_code, late.get_json()["code"]) == (409, "session_not_recorded")
    assert set(late.get_json()) == {"code", "message", "field"}


def test_a_script_without_its_token_or_session_is_refused(app: Flask, world: World) -> None:
    other_provider(world)
    script = Script(app)
    assert script.send(dict(BODY), "").status_code == 400
    token = script.ask("/claims/new").get_json()["csrf_token"]
    assert script.send({**BODY, "session": "x"}, token).status_code == 404
    assert script.send(dict(BODY), token).get_json()["code"] == "no_sessions"
