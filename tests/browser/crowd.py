"""People in front of browsers of their own: what their hands do is counted, and what they are sent is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pyotp
import pytest
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import FilePayload, Locator, Page, ViewportSize, expect

from tests.browser.barriers import barriers
from tests.browser.phone import PHONE, Windows
from tests.harness.world import PASSWORD, World
from voucher.app import office
from voucher.platform.db import read_anew
from voucher.worker import run_worker

DESK = ViewportSize(width=1280, height=900)
PATIENCE = 60_000  # milliseconds: two cores may have much else to do

Words = str | re.Pattern[str]


def printed(*lines: str) -> bytes:
    """A page with these lines as a PDF that a browser can show."""
    paper, made = Image.new("RGB", (595, 842), "white"), BytesIO()
    for number, line in enumerate(lines):
        ImageDraw.Draw(paper).text((60, 60 + 30 * number), line, fill="black", font=ImageFont.load_default(18))
    paper.save(made, "PDF")
    return made.getvalue()


def fits(page: Page) -> None:
    """No page runs out of its window, however narrow that is."""
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{page.url} is {wider} px too wide"


@dataclass
class Hands:
    """One person's window. A tap is one on a button, a link, a choice or into a field; a key is a character typed."""

    page: Page
    taps: int = 0
    keys: int = 0
    pages: int = 0

    def open(self, path: str) -> None:
        """Enters an address, or follows it out of a letter."""
        self.page.goto(path)

    def sees(self, heading: Words) -> None:
        """Reads the page that has come by its one heading; it must fit into the window."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading, timeout=PATIENCE)
        self.pages += 1
        fits(self.page)

    def reads(self, *words: Words) -> None:
        """Finds these words on the page."""
        for each in words:
            expect(self.page.locator("main")).to_contain_text(each, timeout=PATIENCE)

    def press(self, name: Words) -> None:
        """Presses a button, or a link that looks like one."""
        self._tap(self.page.get_by_role("button", name=name, exact=True))

    def meets_no_barrier(self) -> None:
        """Lets axe look at the page."""
        assert barriers(self.page) == []

    def follow(self, name: Words) -> None:
        """Follows a link of the page's own part."""
        self._tap(self.page.locator("main").get_by_role("link", name=name, exact=isinstance(name, str)))

    def back(self, name: Words) -> None:
        """Follows the link above the page that leads to where it belongs."""
        self._tap(self.page.get_by_role("navigation", name="Back").get_by_role("link", name=name, exact=True))

    def tick(self, label: Words) -> None:
        """Makes a choice."""
        self.taps += 1
        self.page.get_by_label(label, exact=isinstance(label, str)).check()

    def write(self, label: str, text: str) -> None:
        """Taps into a field and types; a day is typed by its digits."""
        self.taps += 1
        self.keys += len(text)
        control = self.page.get_by_label(label, exact=True)
        control.fill(text)

    def attach(self, label: str, name: str, content: bytes) -> None:
        """Chooses a file."""
        self.taps += 1
        file = FilePayload(name=name, mimeType="application/pdf", buffer=content)
        self.page.get_by_label(label, exact=True).set_input_files(file)

    def download(self, name: Words, folder: Path, *, role: str = "button") -> Path:
        """What the browser itself keeps when a file is asked for."""
        with self.page.expect_download() as waiting:
            (self.press if role == "button" else self.follow)(name)
        kept = folder / waiting.value.suggested_filename
        waiting.value.save_as(kept)
        return kept

    def _tap(self, what: Locator) -> None:
        self.taps += 1
        what.click()


@dataclass
class Crowd:
    """Whoever takes part, each in a browser context of their own, and the letters that they get."""

    world: World
    windows: Windows
    apps: dict[str, pyotp.TOTP] = field(default_factory=dict)

    def somebody(self, size: ViewportSize = PHONE, camera: Path | None = None) -> Hands:
        """Somebody in front of a browser in which nobody has signed in."""
        return Hands(self.windows.open(camera, size=size).page)

    def at_desk(self, name: str) -> Hands:
        """One of the scheme's people, by first name, who has signed in by a code and come to their start page."""
        hands = self.somebody(DESK)
        hands.open("/")
        hands.page.get_by_role("link", name="Sign in").click()
        self.sign_in_by_code(hands, f"{name}@northmoor.example")
        expect(hands.page.get_by_role("button", name="Sign out")).to_be_visible(timeout=PATIENCE)
        return hands

    def sign_in_by_code(self, hands: Hands, email: str) -> None:
        """From the page "Sign in" to the page to which the code lets one."""
        hands.sees("Sign in")
        hands.press("Get a code by e-mail")
        hands.sees("Sign in or register with a code")
        hands.write("E-mail address", email)
        hands.press("Send me a code")
        hands.sees("Enter the code that we sent you")
        found = re.search(r"^(\d{6})\s*$", self.letter(email, "Your code"), re.MULTILINE)
        assert found is not None
        hands.write("Code", found[1])
        hands.press("Continue")

    def sign_in_by_password(self, hands: Hands, email: str) -> None:
        """From any page to the start page of somebody who has a password."""
        hands.open("/sign-in")
        hands.sees("Sign in")
        hands.write("E-mail address", email)
        hands.page.get_by_role("textbox", name="Password").fill(PASSWORD)
        hands.press("Sign in")

    def set_up_second_factor(self, name: str, hands: Hands) -> None:
        """Sets an authenticator app up on the page of one's account, by the key that stands there."""
        hands.open("/account")
        hands.press("Set up your second factor")
        hands.sees("Set up your second factor")
        key = hands.page.locator("main strong.mono").inner_text()
        self.apps[name] = pyotp.TOTP(key)
        hands.write("Code of your second factor", self.apps[name].at(self.world.clock()))
        hands.press("Confirm")
        hands.reads("recovery codes")

    def code_of(self, name: str) -> str:
        """What the person's app shows a minute later: a code that was not used yet."""
        self.world.clock.advance(minutes=1)
        return self.apps[name].at(self.world.clock())

    def work(self) -> None:
        """The worker does all that waits for it."""
        read_anew()
        run_worker(office(), once=True, environ={})
        read_anew()

    def letter(self, to: str, about: str) -> str:
        """The newest letter to an address with these words in its subject, after the worker has done its work."""
        self.work()
        files = sorted(office().config.mail.glob("*.eml"), key=lambda path: int(path.stem), reverse=True)
        for letter in (message_from_bytes(path.read_bytes(), policy=policy.default) for path in files):
            assert isinstance(letter, EmailMessage)
            body = letter.get_body(("plain",))
            if to in letter["To"] and about in letter["Subject"] and body is not None:
                return str(body.get_content())
        raise AssertionError(f"no letter to {to} about {about!r}")

    def link_in(self, letter: str) -> str:
        """The path of the one-time link in a letter: letters name the public host, tests serve this machine."""
        found = re.search(r"https?://\S+/L/\S+", letter)
        assert found is not None, letter
        return urlsplit(found[0]).path


@pytest.fixture
def crowd(world: World, windows: Windows) -> Crowd:
    """The people of the small scheme."""
    return Crowd(world, windows)
