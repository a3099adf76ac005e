"""The story of the demo: people, a scheme of two funders, providers, and five quarters of vouchers.

Each step is one command of one person, whose roles conflict with nobody else's part in it.
"""

from __future__ import annotations

import os
import secrets
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

from voucher.demo import files, firms
from voucher.demo.bank import Bank
from voucher.demo.deeds import Deeds
from voucher.demo.diary import BETWEEN_COMMANDS, Diary, Life
from voucher.demo.firms import AIRE, PENNINE, PROVIDERS
from voucher.demo.lives import LEAST, Kind, Lives, spread
from voucher.demo.money_year import MoneyYear, morning
from voucher.demo.office_year import OfficeYear
from voucher.demo.player import Player
from voucher.demo.setting import DOMAIN, STAFF, Setting
from voucher.platform.clock import LONDON, london_date
from voucher.platform.references import LETTERS

BUSINESS_PEOPLE = {"priya@example.org": "business with a voucher to use", "lena@example.org": "business that is asked"}
LOG_INS, SUMMARY, LOG = "log-ins.txt", "demo.json", "log.jsonl"
FACE = 750
QUARTERS = 4


def starts_of_quarters(today: date) -> list[date]:
    """The first days of the four quarters that are over, and of the one that today lies in."""
    first = date(today.year, today.month - (today.month - 1) % 3, 1)
    months = [first.year * 12 + first.month - 1 - 3 * before for before in range(QUARTERS, -1, -1)]
    return [date(each // 12, each % 12 + 1, 1) for each in months]


class Story:
    """Plays the demo into an empty installation, in the fifteen months before ``now``, with ``size`` vouchers."""

    def __init__(self, player: Player, now: datetime, size: int = LEAST) -> None:
        self.player = player
        self.now = now
        self.size = size
        self.budget = size * FACE + 20 * FACE
        self.deeds = Deeds(player, Bank(self.budget * 100))
        self.quarters = starts_of_quarters(london_date(now))
        self.starts_on = self.quarters[0]
        ends = [first - timedelta(days=1) for first in self.quarters[1:]]
        self.lives = Lives(self.deeds, now, datetime.combine(ends[0], time(12), LONDON))
        self.money = MoneyYear(self.lives, self.starts_on, ends, self.budget)
        self.office = OfficeYear(self.lives, self.quarters, ends, self.budget)
        self.setting = Setting(player, self.starts_on, self.budget)

    def play(self) -> dict[str, Any]:
        """The whole story; gives where its papers are and how to sign in."""
        self.player.moment, self.player.pause = morning(self.starts_on), BETWEEN_COMMANDS
        self.setting.people()
        self.setting.scheme()
        for firm in PROVIDERS:
            self.setting.provider(firm)
        self._diary().play()
        self.player.moment = None
        for email in BUSINESS_PEOPLE:
            self.setting.give_password("ada", "person", "password", email, email=email)
        self.player.work()
        self.player.dismiss()
        self.player.do(None, "worker", "--once")  # seals what the post has written down
        self._write_log_ins(self.setting.passwords)
        return self._papers()

    def _diary(self) -> Diary:
        diary, money = Diary(self.player, self.now), self.money
        waves = [self.starts_on + timedelta(days=days) for days in (10, 70, 150, 262)]
        waves += [london_date(self.now - timedelta(days=days)) for days in (95, 60, 30)]
        named, rows = iter(firms.BUSINESSES), iter(firms.made_ones())
        kinds_of = spread(self.size)
        for number, (day, kinds) in enumerate(zip(waves, kinds_of, strict=True)):
            source = chain(islice(named, 6), rows) if kinds is kinds_of[-1] else rows
            diary.begin(
                self._wave(diary, f"offers-{number + 1}", list(islice(source, len(kinds))), kinds), morning(day)
            )
        diary.begin(self._open_offers([*named, next(rows)]), self.lives.ago(6))
        diary.begin(self._applications([next(rows) for _ in range(7)]), self.lives.ago(14))
        diary.begin(self._other_providers(), self.lives.ago(50))
        diary.begin(money.payments(), morning(self.starts_on + timedelta(days=28)))
        diary.begin(money.last_batches(), self.lives.ago(16))
        diary.begin(money.suspension(self.setting.providers[PENNINE]), self.lives.ago(20))
        diary.begin(money.agreements(), morning(self.starts_on))
        diary.begin(money.unexplained(), self.lives.ago(4))
        for life in (
            self.office.administration(),
            self.office.achieved(),
            self.office.audit(),
        ):
            diary.begin(life, morning(self.starts_on))
        diary.begin(money.worker(), morning(self.starts_on + timedelta(days=11)) + timedelta(hours=9))
        for number, last in enumerate(money.ends):
            diary.begin(money.quarter(number), datetime.combine(last, time(23, 30), LONDON))
        return diary

    def _wave(self, diary: Diary, name: str, rows: list[tuple[str, ...]], kinds: list[Kind]) -> Life:
        """Offers go out together; then each is answered, or not, on a day of its own."""
        offers = self.deeds.offer(name, rows)
        for number, (offer, kind) in enumerate(zip(offers, kinds, strict=True)):
            diary.begin(kind(self.lives, offer, number), self.lives.later(1 + number % 9))
        yield from ()

    def _open_offers(self, rows: list[tuple[str, ...]]) -> Life:
        self.deeds.offer("offers-open", rows)
        yield from ()

    def _applications(self, rows: list[tuple[str, ...]]) -> Life:
        """Businesses that apply themselves: declined, offered, asked for more, waiting, to look at, unfinished."""
        do = self.player.do
        sent = []
        for row in rows[:5]:
            sent.append(self._apply(row))
            yield self.lives.later(2)
        reason = "The support is a new van. The scheme pays for technology and for training in it."
        do("asha", "decline", sent[0]["application"], "--reason", reason)
        do("asha", "approve-application", sent[1]["application"])
        question = "Which of your two shops is it for? Only the one in the county can have it."
        do("asha", "ask-business", sent[2]["application"], "--question", question)
        wait = "This round's money for shops is promised. We come back to you when some of it is given up."
        do("asha", "waiting-list", sent[3]["application"], "--reason", wait)
        self._apply((*rows[5][:1], firms.BUSINESSES[0][1], *rows[5][2:]))
        self._apply(rows[6], "--draft")

    def _apply(self, row: tuple[str, ...], *more: str) -> dict[str, Any]:
        name, number, street, town, postcode, person, address = row
        email = f"{address}@example.org"
        self.player.do("ada", "person", "add", "--name", person, "--email", email, "--phone", "0113 496 0188")
        answers = files.answers(name, number, street, town, postcode)
        path = self.player.file(f"answers-{number}.toml", answers)
        made: dict[str, Any] = self.player.do(email, "apply", path, "--round", "R1", *more)
        return made

    def _other_providers(self) -> Life:
        """Firms that want to be providers: one is declined, one in vetting, one has applied."""
        do = self.player.do
        declined = self.setting.applied("Ribble Gadgets Ltd", "09456781", "sales@ribblegadgets.example")
        vetted = self.setting.applied("Wharfe Web Studio Ltd", "09567812", "hello@wharfeweb.example")
        yield self.lives.ago(35)
        do("val", "provider", "decline", declined, "--reason", "It sells equipment and gives no support with it.")
        do("sam", "provider", "sponsor", vetted)
        for check in ("identity", "references"):
            do("sam", "provider", "vet", vetted, "--check", check, "--passed", "--note", "seen and filed")
        yield self.lives.ago(4)
        self.setting.applied("Dales Data and Training Ltd", "09678123", "office@dalesdata.example")

    def _papers(self) -> dict[str, Any]:
        """The paper of a voucher that is still good, and the files of the newest signed statement of the grant."""
        voucher = self.deeds.held[next(iter(BUSINESS_PEOPLE))].reference
        paper = str(self.player.folder / "voucher.pdf")
        self.player.do("shay", "voucher-pdf", voucher, "--out", paper)
        advice = str(self.player.folder / "remittance-advice.pdf")
        self.player.do("petra", "remittance", self.deeds.payments[-1]["payment"], "--out", advice)
        return {"voucher": voucher, "voucher_pdf": paper, **self.export_statement(self.money.statements[-4])}

    def export_statement(self, reference: str) -> dict[str, Any]:
        """Writes the statement's files beside each other."""
        paths = {kind: str(self.player.folder / f"statement.{kind}") for kind in ("pdf", "csv", "json", "xlsx")}
        form = str(self.player.folder / "quarterly-return-filled.xlsx")
        self.player.do(
            "sigrid", "statement", "export", reference, "--pdf", paths["pdf"], "--csv", paths["csv"], "--data",
            paths["json"], "--xlsx", paths["xlsx"], "--form", form,
        )  # fmt: skip
        return {"statement": reference, "statement_pdf": paths["pdf"], "statement_csv": paths["csv"]}

    def main_job(self) -> str:
        """One more business all the way from a file to a matched bank line, today; gives its claim."""
        self.player.moment, self.player.pause = self.now, timedelta()
        number = f"{secrets.randbelow(90_000_000) + 10_000_000}"
        name = "".join(secrets.choice(LETTERS.lower()) for _ in range(6))
        row = (f"Check Joinery {name} Ltd", number, "1 Test Lane", "Leeds", "LS1 4AP", "Check Owner", f"owner.{name}")
        held = self.deeds.accept(self.deeds.offer(f"check-{name}", [row])[0])
        self.player.do("shay", "voucher-pdf", held.reference, "--out", str(self.player.folder / "voucher.pdf"))
        self.deeds.record(held, AIRE)
        self.deeds.say_delivered(held)
        self.deeds.claim(held, AIRE, 50_000)
        self.deeds.say_paid(held)
        self.deeds.approve(held)
        batch = self.deeds.prepare_batch()
        self.deeds.submit_batch(batch)
        self.deeds.approve_batch(batch)
        self.deeds.export_batch(batch)
        for payment in batch["payments"]:
            self.deeds.pay_typed(payment)
        return held.claim

    def _write_log_ins(self, passwords: dict[str, str]) -> None:
        roles = {f"{name}@{DOMAIN}": role for name, _full, role in STAFF}
        roles |= {firm.email: "provider manager" for firm in PROVIDERS} | BUSINESS_PEOPLE
        lines = [f"{email}  {password}  ({roles[email]})" for email, password in passwords.items()]
        path = self.player.folder / LOG_INS
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def told(folder: Path) -> str:
    """The log-ins of a demo that was made before."""
    return (folder / LOG_INS).read_text(encoding="utf-8")
