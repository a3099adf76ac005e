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
from voucher.demo.deeds import Deeds
from voucher.demo.diary import BETWEEN_COMMANDS, Diary, Life
from voucher.demo.firms import AIRE, PENNINE, PROVIDERS, Firm
from voucher.demo.lives import LEAST, Kind, Lives, spread
from voucher.demo.money_year import FUNDERS, OWNER, MoneyYear, morning
from voucher.demo.player import Player
from voucher.platform.clock import LONDON, london_date
from voucher.platform.references import LETTERS

DOMAIN = "northmoor.example"
STAFF = (
    ("ada", "Ada Thwaite", "system administrator"),
    ("shay", "Shay Lister", "scheme administrator"),
    ("asha", "Asha Patel", "assessor"),
    ("vera", "Vera Holroyd", "verifier"),
    ("carl", "Carl Sutcliffe", "claim approver"),
    ("petra", "Petra Nowak", "payments preparer"),
    ("paul", "Paul Dyson", "payments approver"),
    ("bina", "Bina Rao", "bank-line keeper"),
    ("fred", "Fred Barraclough", "funding manager"),
    ("kit", "Kit Marsden", "payee-details keeper"),
    ("kay", "Kay Whitaker", "payee-details keeper"),
    ("sam", "Sam Tordoff", "provider vetter"),
    ("val", "Val Armitage", "provider vetter"),
    ("stella", "Stella Greenwood", "statement preparer"),
    ("rob", "Rob Feather", "statement reviewer"),
    ("sigrid", "Sigrid Holt", "signer"),
    ("abel", "Abel Crossley", "system administrator"),
    ("aude", "Aude Lambert", "auditor"),
    ("flora", "Flora Whitfield", "funder"),
    ("vance", "Vance Oldroyd", "verifier"),
    ("fay", "Fay Ingham", "funding manager"),
)
BUSINESS_PEOPLE = {"priya@example.org": "business with a voucher to use", "lena@example.org": "business that is asked"}
LOG_INS, SUMMARY, LOG = "log-ins.txt", "demo.json", "log.jsonl"
# Of the round's budget; each line's award is its share and a margin that nobody has offered yet.
SHARES = (("LGF1", "CAP", "26.67"), ("LGF1", "REV", "50.00"), ("NIF1", "SKL", "23.33"))
NAMES = {"CAP": ("Capital grant", "capital"), "REV": ("Revenue grant", "revenue"), "SKL": ("Skills grant", "revenue")}
FACE, MARGIN = 750, 2_500
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
        self.deeds = Deeds(player)
        self.quarters = starts_of_quarters(london_date(now))
        self.starts_on = self.quarters[0]
        ends = [first - timedelta(days=1) for first in self.quarters[1:]]
        self.lives = Lives(self.deeds, now, datetime.combine(ends[0], time(12), LONDON))
        self.money = MoneyYear(self.lives, self.starts_on, ends)
        self.providers: dict[Firm, str] = {}

    def play(self) -> dict[str, Any]:
        """The whole story; gives where its papers are and how to sign in."""
        self.player.moment, self.player.pause = morning(self.starts_on), BETWEEN_COMMANDS
        passwords = self._people()
        self._scheme()
        for firm in PROVIDERS:
            self._provider(firm, passwords)
        self._diary().play()
        self.player.moment = None
        for email in BUSINESS_PEOPLE:
            self._give_password("ada", "person", "password", email, passwords=passwords, email=email)
        self.player.do(None, "worker", "--once")
        self._write_log_ins(passwords)
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
        diary.begin(money.suspension(self.providers[PENNINE]), self.lives.ago(20))
        diary.begin(money.agreements(), morning(self.starts_on))
        diary.begin(money.unexplained(), self.lives.ago(3))
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

    def _people(self) -> dict[str, str]:
        passwords: dict[str, str] = {}
        for name, full, _role in STAFF:
            command = ("create-admin",) if name == "ada" else ("person", "add")
            who = None if name == "ada" else "ada"
            email = f"{name}@{DOMAIN}"
            self._give_password(who, *command, "--name", full, "--email", email, passwords=passwords, email=email)
        return passwords

    def _give_password(self, who: str | None, *command: str, passwords: dict[str, str], email: str) -> None:
        passwords[email] = new_password()
        self.player.do(who, *command, "--password-stdin", stdin=passwords[email] + "\n")

    def _scheme(self) -> None:
        do, file, starts_on = self.player.do, self.player.file, self.starts_on
        do("ada", "scheme", "set-up", file("scheme.toml", files.scheme(starts_on)))
        for name, _full, role in STAFF[1:]:
            if role != "funder":
                do("ada", "role", "grant", f"{name}@{DOMAIN}", role)
        budget = self.size * FACE + 20 * FACE
        for agreement, funder in FUNDERS.items():
            lines = [(code, *NAMES[code], _award(budget, share)) for at, code, share in SHARES if at == agreement]
            reusable = "false" if funder == OWNER else "true"
            text = files.agreement_of(funder, agreement, starts_on, lines, reusable=reusable)
            signed = do("fred", "agreement", "sign", file(f"agreement-{agreement}.toml", text))
            if funder != OWNER:
                do("ada", "role", "grant", f"flora@{DOMAIN}", "funder", "--organisation", signed["funder_reference"])
        do("shay", "round", "set-up", file("round.toml", files.round_over(SHARES, f"{budget}.00", starts_on)))

    def _provider(self, firm: Firm, passwords: dict[str, str]) -> None:
        do = self.player.do
        provider = self.providers[firm] = self._applied(firm.name, firm.number, firm.email)
        do("sam", "provider", "sponsor", provider)
        for check in ("identity", "insurance", "references", "conflicts", "bank", "terms"):
            do("sam", "provider", "vet", provider, "--check", check, "--passed", "--note", "seen and filed")
        until = (self.starts_on + timedelta(days=730)).isoformat()
        do("val", "provider", "approve", provider, "--until", until)
        do("kit", "provider", "bank-details", provider, stdin=f"{firm.name}\n{firm.sort_code}\n{firm.account}\n")
        do("kit", "provider", "payee-check", provider, "--outcome", "match")
        do("kay", "provider", "confirm-details", provider)
        arguments = ("person", "add", "--name", firm.person, "--email", firm.email)
        self._give_password("ada", *arguments, passwords=passwords, email=firm.email)
        do("ada", "role", "grant", firm.email, "provider manager", "--organisation", provider)
        for code, name, description, price, minutes in firm.packages:
            do(
                firm.email, "provider", "package", provider, "--code", code, "--name", name, "--description",
                description, "--price", f"{price // 100}.00", "--minutes", str(minutes), "--voucher-type", "TASTER",
            )  # fmt: skip

    def _applied(self, name: str, number: str, email: str) -> str:
        given = ("--name", name, "--company-number", number, "--contact-email", email)
        return str(self.player.do("sam", "provider", "apply", *given)["provider"])

    def _other_providers(self) -> Life:
        """Firms that want to be providers: one is declined, one in vetting, one has applied."""
        do = self.player.do
        declined = self._applied("Ribble Gadgets Ltd", "09456781", "sales@ribblegadgets.example")
        vetted = self._applied("Wharfe Web Studio Ltd", "09567812", "hello@wharfeweb.example")
        yield self.lives.ago(35)
        do("val", "provider", "decline", declined, "--reason", "It sells equipment and gives no support with it.")
        do("sam", "provider", "sponsor", vetted)
        for check in ("identity", "references"):
            do("sam", "provider", "vet", vetted, "--check", check, "--passed", "--note", "seen and filed")
        yield self.lives.ago(4)
        self._applied("Dales Data and Training Ltd", "09678123", "office@dalesdata.example")

    def _papers(self) -> dict[str, Any]:
        """The paper of a voucher that is still good, and the files of the newest signed statement of the grant."""
        voucher = self.deeds.held[next(iter(BUSINESS_PEOPLE))].reference
        paper = str(self.player.folder / "voucher.pdf")
        self.player.do("shay", "voucher-pdf", voucher, "--out", paper)
        return {"voucher": voucher, "voucher_pdf": paper, **self.export_statement(self.money.statements[-4])}

    def export_statement(self, reference: str) -> dict[str, Any]:
        """Writes the statement's files beside each other."""
        paths = {kind: str(self.player.folder / f"statement.{kind}") for kind in ("pdf", "csv", "json")}
        self.player.do(
            "sigrid", "statement", "export", reference, "--pdf", paths["pdf"], "--csv", paths["csv"], "--data",
            paths["json"],
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
            self.deeds.pay(payment)
        return held.claim

    def _write_log_ins(self, passwords: dict[str, str]) -> None:
        roles = {f"{name}@{DOMAIN}": role for name, _full, role in STAFF}
        roles |= {firm.email: "provider manager" for firm in PROVIDERS} | BUSINESS_PEOPLE
        lines = [f"{email}  {password}  ({roles[email]})" for email, password in passwords.items()]
        path = self.player.folder / LOG_INS
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def _award(budget: int, share: str) -> str:
    """A line's award in pounds: its share of the budget with the margin, in whole hundreds."""
    return f"{round((budget + MARGIN) * float(share) / 10_000) * 100}.00"


def new_password() -> str:
    """Four groups of four letters and digits, new for each person of each installation."""
    return "-".join("".join(secrets.choice(LETTERS.lower()) for _ in range(4)) for _ in range(4))


def told(folder: Path) -> str:
    """The log-ins of a demo that was made before."""
    return (folder / LOG_INS).read_text(encoding="utf-8")
