"""What the demo's story begins with: people, the scheme with its two funders, and providers that can be paid."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date, timedelta

from voucher.demo import files, papers
from voucher.demo.bank import ACCOUNT, COLUMNS, LAYOUT, NUMBER, SORT_CODE
from voucher.demo.firms import Firm
from voucher.demo.funders import (
    COST_CODES,
    FUNDERS,
    GRANT,
    MINUTES,
    SHARES,
    agreement_file,
    form,
    form_cells,
    lines_of,
)
from voucher.demo.player import Player
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


@dataclass
class Setting:
    """Gives the commands that it takes. ``passwords`` are those of the log-ins; ``providers`` the firms' references."""

    player: Player
    starts_on: date
    budget: int
    passwords: dict[str, str] = field(default_factory=dict)
    providers: dict[Firm, str] = field(default_factory=dict)

    def people(self) -> None:
        """The scheme's staff, and those who look at it from outside."""
        for name, full, _role in STAFF:
            command = ("create-admin",) if name == "ada" else ("person", "add")
            who = None if name == "ada" else "ada"
            email = f"{name}@{DOMAIN}"
            self.give_password(who, *command, "--name", full, "--email", email, email=email)

    def give_password(self, who: str | None, *command: str, email: str) -> None:
        """A command that takes a password for somebody, who will be told it."""
        self.passwords[email] = new_password()
        self.player.do(who, *command, "--password-stdin", stdin=self.passwords[email] + "\n")

    def scheme(self) -> None:
        """The scheme, roles, what its funders agreed to, a round over their lines, and the account it is paid from."""
        do, file, starts_on = self.player.do, self.player.file, self.starts_on
        do("ada", "scheme", "set-up", file("scheme.toml", files.scheme(starts_on)))
        for name, _full, role in STAFF[1:]:
            if role != "funder":
                do("ada", "role", "grant", f"{name}@{DOMAIN}", role)
        for agreement in FUNDERS:
            text = agreement_file(agreement, starts_on, self.budget)
            signed = do("fred", "agreement", "sign", file(f"agreement-{agreement}.toml", text))
            for code, *_terms in lines_of(agreement, self.budget):
                do("fred", "cost-code", f"{agreement}/{code}", f"{COST_CODES[agreement]}-{code}")
            do("fred", "reporting", "rhythm", "--agreement", agreement, "--months", "3", "--due-days", "60")
            if agreement == GRANT:
                do("ada", "role", "grant", f"flora@{DOMAIN}", "funder", "--organisation", signed["funder_reference"])
        indicators = file("indicators.toml", files.indicators(MINUTES))
        do("fred", "indicators", "set", indicators, "--agreement", GRANT)
        cells = file("quarterly-return-cells.csv", form_cells())
        do("fred", "reporting", "form", file("quarterly-return.xlsx", form()), "--cells", cells, "--agreement", GRANT)
        do("shay", "round", "set-up", file("round.toml", files.round_over(SHARES, f"{self.budget}.00", starts_on)))
        do("bina", "bank-account", "add", ACCOUNT, "--sort-code", SORT_CODE, "--number", NUMBER)
        do("bina", "bank-mapping", "save", LAYOUT, *COLUMNS)

    def provider(self, firm: Firm) -> None:
        """A firm from its application to its packages."""
        do = self.player.do
        provider = self.providers[firm] = self.applied(firm.name, firm.number, firm.email)
        do("sam", "provider", "sponsor", provider)
        for check in ("identity", "insurance", "references", "conflicts", "bank", "terms"):
            do("sam", "provider", "vet", provider, "--check", check, "--passed", "--note", "seen and filed")
        until = (self.starts_on + timedelta(days=730)).isoformat()
        do("val", "provider", "approve", provider, "--until", until)
        do("kit", "provider", "bank-details", provider, stdin=f"{firm.name}\n{firm.sort_code}\n{firm.account}\n")
        self._payee_check(firm, provider)
        do("kay", "provider", "confirm-details", provider)
        do("kit", "supplier-number", "key", provider, firm.supplier_number)
        do("kay", "supplier-number", "confirm", provider, firm.supplier_number)
        arguments = ("person", "add", "--name", firm.person, "--email", firm.email)
        self.give_password("ada", *arguments, email=firm.email)
        do("ada", "role", "grant", firm.email, "provider manager", "--organisation", provider)
        for code, name, description, price, minutes in firm.packages:
            do(
                firm.email, "provider", "package", provider, "--code", code, "--name", name, "--description",
                description, "--price", f"{price // 100}.00", "--minutes", str(minutes), "--voucher-type", "TASTER",
            )  # fmt: skip

    def _payee_check(self, firm: Firm, provider: str) -> None:
        """What the bank said to the name on the account, and why it is right where that was not a plain yes."""
        outcome, why = firm.payee_check
        more = ["--note", why] if why else []
        if outcome == "unavailable":
            letter = papers.note(
                "Northmoor Bank", f"We hold the account {firm.account} for {firm.name}.", self.starts_on
            )
            more += ["--evidence", self.player.file(f"bank-letter-{firm.number}.pdf", letter)]
        self.player.do("kit", "provider", "payee-check", provider, "--outcome", outcome, *more)

    def applied(self, name: str, number: str, email: str) -> str:
        """A firm that wants to be a provider; gives its reference."""
        given = ("--name", name, "--company-number", number, "--contact-email", email)
        return str(self.player.do("sam", "provider", "apply", *given)["provider"])


def new_password() -> str:
    """Four groups of four letters and digits, new for each person of each installation."""
    return "-".join("".join(secrets.choice(LETTERS.lower()) for _ in range(4)) for _ in range(4))
