"""Pictures of the running product for the README: a demo is made, served and looked at with the system's Chromium."""

from __future__ import annotations

import argparse
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import CHROMIUM, QUIET

CHECKOUT = Path(__file__).resolve().parents[1]
PICTURES = CHECKOUT / "docs" / "pictures"
VOUCHER = str(CHECKOUT / ".venv" / "bin" / "voucher")
PHONE, DESK = 390, 1280
MOST_BYTES = 150_000
PATIENCE = 60_000  # milliseconds
STAFF = "@northmoor.example"
PAT, PRIYA, LENA = "pat@airedigital.example", "priya@example.org", "lena@example.org"


class Demo(NamedTuple):
    """A demo that is served: where, how one signs in, and how a command is given."""

    address: str
    passwords: dict[str, str]
    folder: Path
    environment: dict[str, str]

    def ask(self, *words: str) -> dict[str, str]:
        """What a command answers."""
        done = subprocess.run([VOUCHER, *words, "--json"], env=self.environment, check=True, stdout=subprocess.PIPE)
        answer: dict[str, str] = json.loads(done.stdout)
        return answer


class Picture(NamedTuple):
    """A picture: its name, who looks, how wide the window is, how one comes there, and before which words it ends."""

    name: str
    who: str
    width: int
    walk: Callable[[Page, Demo], None]
    until: str = ""


def at(path: str) -> Callable[[Page, Demo], None]:
    """Looks at an address."""
    return lambda page, demo: go(page, demo, path)


def first(path: str, link: str) -> Callable[[Page, Demo], None]:
    """Follows the first link of a page whose address contains a text."""

    def walk(page: Page, demo: Demo) -> None:
        go(page, demo, path)
        page.locator(f"main a[href*='{link}']").first.click()

    return walk


def go(page: Page, demo: Demo, path: str) -> None:
    page.goto(demo.address + path)


def look_up(page: Page, demo: Demo) -> None:
    """A provider types the code of a voucher that is good."""
    voucher = json.loads((demo.folder / "demo.json").read_text())["voucher"]
    code = demo.ask("voucher-code", voucher, "--as", PRIYA)["code"]
    go(page, demo, "/look-up")
    page.get_by_role("textbox").first.fill(code)
    page.locator("main form button").last.click()


def record(page: Page, demo: Demo) -> None:
    """What the provider records after that, filled in."""
    look_up(page, demo)
    page.locator("main a[href*='/sessions/']").first.click()
    page.get_by_label("First web shop").check()
    page.get_by_label("Minutes").fill("240")
    page.get_by_label("What was done").fill("Shop set up with ten products; two people trained to take orders.")


TABLE = (
    Picture("scheme", "", DESK, at("/schemes/NTT"), "When you can apply"),
    Picture("check", "", PHONE, at("/schemes/NTT/check")),
    Picture("voucher", PRIYA, PHONE, first("/business/vouchers", "/business/vouchers/"), "Deliveries"),
    Picture("look-up", PAT, PHONE, look_up),
    Picture("session", PAT, PHONE, record),
    Picture("answer", LENA, PHONE, first("/business", "/business/claims/")),
    Picture("claim", f"carl{STAFF}", DESK, first("/claims-desk?state=verified", "/claims-desk/"), "Documents"),
    Picture("batch", f"paul{STAFF}", DESK, first("/batches?state=submitted", "/batches/")),
    Picture("desk", f"vera{STAFF}", DESK, at("/desk"), "What you can do"),
    Picture("statement", f"sigrid{STAFF}", DESK, first("/statements?state=reviewed", "/statements/"), "What changed"),
)


def take(browser: Browser, demo: Demo, picture: Picture) -> None:
    """Signs in where that is needed, walks there and keeps what is seen."""
    phone = picture.width == PHONE
    context = browser.new_context(
        viewport={"width": picture.width, "height": 780}, device_scale_factor=1.5 if phone else 1, locale="en-GB"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    if picture.who:
        go(page, demo, "/sign-in")
        page.locator("input[name=email]").fill(picture.who)
        page.locator("input[name=password]").fill(demo.passwords[picture.who])
        page.locator("main form button").last.click()
    picture.walk(page, demo)
    page.wait_for_load_state("networkidle")
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    if picture.until:
        box = page.get_by_text(picture.until, exact=True).first.bounding_box()
        height = int(box["y"]) - 12 if box else height
    area = {"x": 0, "y": 0, "width": picture.width, "height": height}
    keep(picture.name, Image.open(io.BytesIO(page.screenshot(full_page=True, clip=area))))  # type: ignore[arg-type]
    context.close()


def cover(demo: Demo) -> None:
    """The first page of the signed statement."""
    page = pypdfium2.PdfDocument(demo.folder / "statement.pdf")[0]
    keep("statement-cover", page.render(scale=1.25).to_pil())


def keep(name: str, seen: Image.Image) -> None:
    """As a PNG with a palette, which these pages need no more than."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    few = seen.convert("RGB").quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.relative_to(CHECKOUT)}  {seen.width} x {seen.height}  {size:,} bytes")
    if size > MOST_BYTES:
        raise SystemExit(f"{path.name} is larger than {MOST_BYTES:,} bytes: show less of the page.")


@contextmanager
def served(data: Path) -> Iterator[Demo]:
    """The demo of a data folder, made when there is none, behind gunicorn until the pictures are taken."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "VOUCHER_DATA": str(data), "VOUCHER_BASE_URL": address}
    environment.pop("DATABASE_URL", None)
    for command in ("set-up", "demo"):
        subprocess.run([VOUCHER, command], env=environment, check=True, stdout=subprocess.DEVNULL)
    folder = data / "demo"
    lines = (folder / "log-ins.txt").read_text(encoding="utf-8").splitlines()
    passwords = {line.split()[0]: line.split()[1] for line in lines}
    gunicorn = [sys.executable, "-m", "gunicorn", "--workers", "1", "--threads", "4", "--log-level", "warning"]
    gunicorn += ["--no-control-socket", "--bind", f"127.0.0.1:{port}", "voucher.app:create_app()"]
    server = subprocess.Popen(
        gunicorn, env=environment, cwd=CHECKOUT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        yield Demo(address, passwords, folder, environment)
    finally:
        server.terminate()
        server.wait()


def wait_for(port: int) -> None:
    for _time in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The server does not answer.")


def main() -> None:
    """Takes them all, or those that are named."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--data", type=Path)
    given.add_argument("names", nargs="*")
    wanted = given.parse_args()
    with tempfile.TemporaryDirectory() as made, served(wanted.data or Path(made)) as demo, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        for picture in TABLE:
            if not wanted.names or picture.name in wanted.names:
                take(browser, demo, picture)
        if not wanted.names or "statement-cover" in wanted.names:
            cover(demo)
        browser.close()


if __name__ == "__main__":
    main()
