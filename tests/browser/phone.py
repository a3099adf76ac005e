"""Phones and desks in front of a small scheme that is served on this machine; a camera shows a film of ours."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from PIL import Image
from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, ViewportSize

from tests.browser.chromium import CHROMIUM, QUIET
from tests.harness.clock import FixedClock
from tests.harness.signed_in import session_token
from tests.harness.site import serving
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import provider_person
from voucher.accounts.models import Person

PHONE = ViewportSize(width=390, height=844)
FRAME = (960, 1280)
RATE = 10  # pictures a second

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
    with serving(app) as url:
        yield url


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """Makes a film of one still picture, as a camera would see it."""

    def shoot(picture: Image.Image) -> Path:
        frame = Image.new("RGB", FRAME, "white")
        seen = picture.convert("RGB")
        seen.thumbnail(FRAME)
        frame.paste(seen, ((FRAME[0] - seen.width) // 2, (FRAME[1] - seen.height) // 2))
        name = (tmp_path / secrets.token_hex(4)).with_suffix(".y4m")
        name.write_bytes(_y4m(frame))
        return name

    return shoot


def _y4m(frame: Image.Image) -> bytes:
    """A second of film in YUV4MPEG2: for each picture its brightness, and both colours at half the size."""
    width, height = frame.size
    bright, *colours = frame.convert("YCbCr").split()
    half = [colour.resize((width // 2, height // 2), Image.Resampling.BOX) for colour in colours]
    picture = b"FRAME\n" + b"".join(plane.tobytes() for plane in (bright, *half))
    return f"YUV4MPEG2 W{width} H{height} F{RATE}:1 Ip A1:1 C420jpeg\n".encode() + picture * RATE


@dataclass
class Phone:
    """A browser window of somebody's, on a phone unless it was opened wider, and what its browser complained about."""

    page: Page
    context: BrowserContext
    complaints: list[str]


class Windows:
    """Opens windows on the served app, each in a browser context of its own, in which nobody has signed in yet."""

    def __init__(self, driver: Playwright, chromium: Browser, address: str, closing: ExitStack) -> None:
        self._driver, self._chromium, self._address, self._closing = driver, chromium, address, closing
        self.opened: list[Phone] = []

    def open(
        self, camera: Path | None = None, *, allowed: bool = True, scripts: bool = True, size: ViewportSize = PHONE
    ) -> Phone:
        """A window of that size, with a camera that shows a film when one is given."""
        browser = self._with_camera(camera) if camera else self._chromium
        context = browser.new_context(
            viewport=size,
            base_url=self._address,
            permissions=["camera"] if allowed and camera else [],
            java_script_enabled=scripts,
        )
        self._closing.callback(context.close)
        if not allowed:
            context.add_init_script(BLOCKED)
        phone = Phone(context.new_page(), context, [])
        phone.page.set_default_timeout(60_000)  # two cores may have much else to do
        phone.page.on("console", lambda said: _note(phone, said))
        phone.page.on("pageerror", lambda fault: phone.complaints.append(str(fault)))
        self.opened.append(phone)
        return phone

    def _with_camera(self, camera: Path) -> Browser:
        shown = [f"--use-file-for-fake-video-capture={camera}", "--use-fake-device-for-media-stream"]
        shown += ["--use-fake-ui-for-media-stream"]
        browser = self._driver.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *shown], timeout=60_000)
        self._closing.callback(browser.close)
        return browser


# What a browser answers whose user has blocked the camera; one without windows has nobody to ask.
BLOCKED = """navigator.mediaDevices.getUserMedia = async () => {
    throw new DOMException('Permission denied', 'NotAllowedError');
}"""


@pytest.fixture
def windows(address: str, driver: Playwright, chromium: Browser) -> Iterator[Windows]:
    """Windows that are closed after the test; no browser may have had a complaint."""
    with ExitStack() as closing:
        windows = Windows(driver, chromium, address, closing)
        yield windows
    complaints = [complaint for each in windows.opened for complaint in each.complaints]
    assert not complaints, complaints


@pytest.fixture
def phone(app: Flask, address: str, windows: Windows) -> Callable[..., Phone]:
    """Makes somebody's phone, on which that person has signed in."""

    def make(
        camera: Path | None = None, *, allowed: bool = True, of: Person | None = None, scripts: bool = True
    ) -> Phone:
        phone = windows.open(camera, allowed=allowed, scripts=scripts)
        phone.context.add_cookies([_cookie(app, address, of or provider_person())])
        return phone

    return make


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
