"""A phone with a camera that shows a film of ours, for a small scheme that is served on this machine."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
from flask import Flask
from PIL import Image
from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, ViewportSize
from werkzeug.serving import make_server

from tests.browser.chromium import CHROMIUM, QUIET
from tests.harness.clock import FixedClock
from tests.harness.signed_in import session_token
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import provider_person
from voucher.accounts.models import Person

PHONE = ViewportSize(width=390, height=844)
FRAME = (960, 1280)

Film = Callable[[Image.Image], Path]


@pytest.fixture(params=["sqlite"])
def engine_kind(request: pytest.FixtureRequest) -> str:
    """What a browser sees does not depend on the engine."""
    return str(request.param)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the app is served; a browser takes this machine for a secure place, as it takes https."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """Makes a film of one still picture, as a camera would see it."""

    def shoot(picture: Image.Image) -> Path:
        name = tmp_path / secrets.token_hex(4)
        frame = Image.new("RGB", FRAME, "white")
        seen = picture.convert("RGB")
        seen.thumbnail(FRAME)
        frame.paste(seen, ((FRAME[0] - seen.width) // 2, (FRAME[1] - seen.height) // 2))
        frame.save(name.with_suffix(".png"))
        command = ["ffmpeg", "-loglevel", "error", "-y", "-loop", "1", "-i", str(name.with_suffix(".png"))]
        command += ["-t", "1", "-r", "10", "-vf", "format=yuv420p", str(name.with_suffix(".y4m"))]
        subprocess.run(command, check=True, timeout=60)
        return name.with_suffix(".y4m")

    return shoot


@dataclass
class Phone:
    """A provider's phone: a page that is signed in, and what its browser complained about."""

    page: Page
    context: BrowserContext
    complaints: list[str]


@pytest.fixture
def phone(app: Flask, address: str, driver: Playwright, chromium: Browser) -> Iterator[Callable[..., Phone]]:
    """Makes somebody's phone, with a camera that shows a film when one is given; it must have no complaint."""
    made: list[Phone] = []
    with ExitStack() as closing:

        def with_camera(camera: Path, *, allowed: bool) -> Browser:
            shown = [f"--use-file-for-fake-video-capture={camera}", "--use-fake-device-for-media-stream"]
            shown += ["--use-fake-ui-for-media-stream"] if allowed else ["--deny-permission-prompts"]
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *shown], timeout=60_000)
            closing.callback(browser.close)
            return browser

        def make(
            camera: Path | None = None, *, allowed: bool = True, of: Person | None = None, scripts: bool = True
        ) -> Phone:
            browser = with_camera(camera, allowed=allowed) if camera else chromium
            context = browser.new_context(
                viewport=PHONE,
                base_url=address,
                permissions=["camera"] if allowed and camera else [],
                java_script_enabled=scripts,
            )
            closing.callback(context.close)
            context.add_cookies([_cookie(app, address, of or provider_person())])
            phone = Phone(context.new_page(), context, [])
            phone.page.set_default_timeout(60_000)  # two cores may have much else to do
            phone.page.on("console", lambda said: _note(phone, said))
            phone.page.on("pageerror", lambda fault: phone.complaints.append(str(fault)))
            made.append(phone)
            return phone

        yield make
    complaints = [complaint for each in made for complaint in each.complaints]
    assert not complaints, complaints


def _note(phone: Phone, said: ConsoleMessage) -> None:
    # A page that answers 422 is shown on purpose; Chromium logs it all the same.
    if said.type == "error" and "the server responded with a status of 4" not in said.text:
        phone.complaints.append(said.text)


def _cookie(app: Flask, address: str, person: Person) -> SetCookieParam:
    """The signed cookie of a session that has begun."""
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    value = signer.dumps({"_user_id": session_token(person)})
    host = urlsplit(address).hostname or ""
    return {"name": app.config["SESSION_COOKIE_NAME"], "value": value, "domain": host, "path": "/"}
