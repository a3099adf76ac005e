"""The story of the demo: people, a scheme, an agreement, a provider, businesses, and the main job taken through.

Each step is one command of one person, whose roles conflict with nobody else's part in it.
"""

from __future__ import annotations

import json
import os
import secrets
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from voucher.demo import files
from voucher.demo.player import Player
from voucher.platform.clock import london_date
from voucher.platform.money import plain_pounds
from voucher.platform.pdf import TEMPLATES, render_pdf
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
)
PROVIDER, PROVIDER_PERSON = "Aire Digital Workshop Ltd", "pat@airedigital.example"
AGES = {"start": 130, "offers": 120, "accepted": 112, "delivered": 90, "claimed": 84, "paid": 70}
LOG_INS, SUMMARY = "log-ins.txt", "demo.json"


class Story:
    """Plays the demo into an empty installation, in the days before ``now``."""

    def __init__(self, player: Player, now: datetime) -> None:
        self.player = player
        self.now = now
        self.starts_on = london_date(now - timedelta(days=AGES["start"]))

    def at(self, age: str) -> None:
        """Moves the story to nine in the morning so many days before now."""
        day = self.now - timedelta(days=AGES[age])
        self.player.moment = day.replace(hour=9, minute=0, second=0, microsecond=0).astimezone(UTC)

    def play(self) -> dict[str, Any]:
        """The whole story; gives where its papers are and how to sign in."""
        passwords = self._people()
        self._scheme()
        self._provider(passwords)
        vouchers = self._vouchers()
        for voucher, net in zip(vouchers[:3], (60_000, 93_750, 40_000), strict=True):
            self._deliver(voucher, net)
        self._verify_and_pay(vouchers[:3])
        statement = self._statement()
        self.player.moment = None
        self.player.do(None, "worker", "--once")
        paper = self.player.folder / "voucher.pdf"
        self.player.do("shay", "voucher-pdf", vouchers[3]["voucher"], "--out", str(paper))
        summary = {"voucher_pdf": str(paper), **statement}
        self.player.file(SUMMARY, json.dumps(summary))
        self._write_log_ins(passwords)
        return summary

    def _people(self) -> dict[str, str]:
        passwords = {f"{name}@{DOMAIN}": new_password() for name, _full, _role in STAFF}
        self.at("start")
        for name, full, _role in STAFF:
            email = f"{name}@{DOMAIN}"
            command = ("create-admin",) if name == "ada" else ("person", "add")
            who = None if name == "ada" else "ada"
            arguments = ("--name", full, "--email", email, "--password-stdin")
            self.player.do(who, *command, *arguments, stdin=passwords[email] + "\n")
        return passwords

    def _scheme(self) -> None:
        do, file = self.player.do, self.player.file
        do("ada", "scheme", "set-up", file("scheme.toml", files.scheme(self.starts_on)))
        for name, _full, role in STAFF[1:]:
            if role != "funder":
                do("ada", "role", "grant", f"{name}@{DOMAIN}", role)
        signed = do("fred", "agreement", "sign", file("agreement.toml", files.agreement(self.starts_on)))
        do("ada", "role", "grant", f"flora@{DOMAIN}", "funder", "--organisation", signed["funder_reference"])
        do("shay", "round", "set-up", file("round.toml", files.voucher_round(self.starts_on)))

    def _provider(self, passwords: dict[str, str]) -> None:
        do = self.player.do
        applied = do(
            "sam", "provider", "apply", "--name", PROVIDER, "--company-number", "09123456", "--contact-email",
            PROVIDER_PERSON,
        )  # fmt: skip
        self.provider = str(applied["provider"])
        do("sam", "provider", "sponsor", self.provider)
        for check in ("identity", "insurance", "references", "conflicts", "bank", "terms"):
            do("sam", "provider", "vet", self.provider, "--check", check, "--passed", "--note", "seen and filed")
        until = (self.starts_on + timedelta(days=365)).isoformat()
        do("val", "provider", "approve", self.provider, "--until", until)
        do("kit", "provider", "bank-details", self.provider, stdin=f"{PROVIDER}\n20-00-00\n55779911\n")
        do("kit", "provider", "payee-check", self.provider, "--outcome", "match")
        do("kay", "provider", "confirm-details", self.provider)
        passwords[PROVIDER_PERSON] = new_password()
        arguments = ("--name", "Pat Illingworth", "--email", PROVIDER_PERSON, "--password-stdin")
        do("ada", "person", "add", *arguments, stdin=passwords[PROVIDER_PERSON] + "\n")
        do("ada", "role", "grant", PROVIDER_PERSON, "provider manager", "--organisation", self.provider)
        do(
            PROVIDER_PERSON, "provider", "package", self.provider, "--code", "SHOP", "--name", "First web shop",
            "--description", "A web shop with ten products, and an hour of training", "--price", "1000.00",
            "--minutes", "480", "--voucher-type", "TASTER",
        )  # fmt: skip

    def _vouchers(self) -> list[dict[str, Any]]:
        """Imports the businesses, offers to all, and has all but two accept."""
        do = self.player.do
        path = self.player.file("businesses.csv", files.businesses())
        self.at("offers")
        do("asha", "import", "businesses", path, "--commit")
        do("asha", "offer", "--round", "R1", "--businesses", path, "--commit")
        offered = do("asha", "applications", "--state", "approved")
        self.at("accepted")
        return [self.accept(each) for each in offered[:-2]]

    def accept(self, application: dict[str, Any]) -> dict[str, Any]:
        """The business itself accepts; gives the voucher's facts with who may act for it."""
        arguments = ("--declared", "0.00", "--terms", "1")
        issued = self.player.do(application["contact"], "accept", application["application"], *arguments)
        return {**issued, "contact": application["contact"], "business": application["business"]}

    def _deliver(self, voucher: dict[str, Any], net: int) -> None:
        self.at("delivered")
        session = self.record(voucher)
        self.at("claimed")
        voucher["claim"] = self.claim(voucher, session, net)

    def record(self, voucher: dict[str, Any]) -> str:
        """The provider looks the voucher up by the code on its paper and records what was done."""
        code = self.player.do(voucher["contact"], "voucher-code", voucher["voucher"])["code"]
        found = self.player.do(PROVIDER_PERSON, "look-up", "-", stdin=str(code) + "\n")
        self.player.do(
            PROVIDER_PERSON, "session", found["session"], "--package", "SHOP", "--on", self._today().isoformat(),
            "--minutes", "240", "--done", "Set up the shop, photographed the products, trained two people",
        )  # fmt: skip
        self.player.do(voucher["contact"], "confirm", "session", found["session"], "--delivered", "yes")
        return str(found["session"])

    def claim(self, voucher: dict[str, Any], session: str, net: int) -> str:
        """The provider claims with its invoice; the business accepts the figures and says what it paid."""
        vat, number = net // 5, f"ADW-{secrets.randbelow(900_000) + 100_000}"
        page = files.invoice_page(number, PROVIDER, voucher["business"], net, vat)
        invoice = self.player.file(f"{number}.pdf", render_pdf(page, base=TEMPLATES))
        claimed = self.player.do(
            PROVIDER_PERSON, "claim", "--session", session, "--invoice", number, "--invoiced-on",
            self._today().isoformat(), "--net", plain_pounds(net), "--vat", plain_pounds(vat),
            "--file", f"invoice={invoice}",
        )  # fmt: skip
        paid = plain_pounds(int(claimed["own_pence"]) + vat)
        self.player.do(
            voucher["contact"], "confirm", "claim", claimed["claim"], "--accept", "--paid", paid, "--paid-on",
            self._today().isoformat(), "--paid-by", "bank transfer",
        )  # fmt: skip
        return str(claimed["claim"])

    def _verify_and_pay(self, vouchers: list[dict[str, Any]]) -> None:
        self.at("paid")
        for voucher in vouchers[:2]:
            self.approve(voucher["claim"])
        self.pay()

    def approve(self, claim: str) -> None:
        """Verified by one person, approved by another."""
        self.player.do("vera", "verify", claim, "--pass", "evidence=the shop is on line")
        self.player.do("carl", "approve", claim)

    def pay(self) -> None:
        """A batch by two people, its bank file, and the bank's own line typed by a third."""
        do = self.player.do
        batch = do("petra", "batch", "prepare")
        do("petra", "batch", "submit", batch["batch"])
        do("paul", "batch", "approve", batch["batch"])
        do("petra", "batch", "export", batch["batch"], "--out", str(self.player.folder / f"{batch['batch']}.csv"))
        for payment in batch["payments"]:
            amount = f"-{plain_pounds(payment['amount_pence'])}"
            arguments = ("--reference", payment["payment"], "--counterparty", PROVIDER)
            line = do("bina", "bank-line", "--on", self._today().isoformat(), "--amount", amount, *arguments)
            do("bina", "match", line["line"], "--payment", payment["payment"])

    def _statement(self) -> dict[str, Any]:
        """The statement from the start to the day before yesterday, prepared, reviewed and signed."""
        self.player.moment = None
        do = self.player.do
        last = london_date(self.now) - timedelta(days=2)
        balance = -self._paid_so_far()
        print_out = self.player.file("balance.pdf", render_pdf(files.balance_page(last, balance), base=TEMPLATES))
        prepared = do(
            "stella", "statement", "prepare", "--from", self.starts_on.isoformat(), "--to", last.isoformat(),
            f"--ledger-balance={plain_pounds(balance)}", "--ledger-evidence", print_out,
        )  # fmt: skip
        reference = str(prepared["statement"])
        do("rob", "statement", "review", reference)
        do("sigrid", "statement", "sign", reference)
        return self.export_statement(reference)

    def _paid_so_far(self) -> int:
        return sum(int(each["grant_pence"]) for each in self.player.do("carl", "claims", "--state", "paid"))

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
        self.player.moment = None
        number = f"{secrets.randbelow(90_000_000) + 10_000_000}"
        name = "".join(secrets.choice(LETTERS.lower()) for _ in range(6))
        row = (f"Check Joinery {name} Ltd", number, "1 Test Lane", "Leeds", "LS1 4AP", "Check Owner", f"owner.{name}")
        path = self.player.file(f"check-{name}.csv", files.businesses((row,)))
        do = self.player.do
        do("asha", "import", "businesses", path, "--commit")
        do("asha", "offer", "--round", "R1", "--businesses", path, "--commit")
        application = do("asha", "applications", "--state", "approved")[-1]
        voucher = self.accept(application)
        do("shay", "voucher-pdf", voucher["voucher"], "--out", str(self.player.folder / "voucher.pdf"))
        claim = self.claim(voucher, self.record(voucher), 50_000)
        self.approve(claim)
        self.pay()
        return claim

    def _today(self) -> date:
        return london_date(self.player.moment or self.now)

    def _write_log_ins(self, passwords: dict[str, str]) -> None:
        roles = {f"{name}@{DOMAIN}": role for name, _full, role in STAFF} | {PROVIDER_PERSON: "provider manager"}
        lines = [f"{email}  {password}  ({roles[email]})" for email, password in passwords.items()]
        path = self.player.folder / LOG_INS
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def new_password() -> str:
    """Four groups of four letters and digits, new for each person of each installation."""
    return "-".join("".join(secrets.choice(LETTERS.lower()) for _ in range(4)) for _ in range(4))


def told(folder: Path) -> str:
    """The log-ins of a demo that was made before."""
    return (folder / LOG_INS).read_text(encoding="utf-8")
