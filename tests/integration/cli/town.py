"""A scheme with its people, grown by commands alone as far as a test needs it.

No two people here hold duties that conflict, so that nothing passes by convenience.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.cli.files import AGREEMENT, PDF, ROUND, SCHEME
from tests.integration.cli.shell import Shell
from voucher.accounts.commands import contact_person
from voucher.accounts.queries import actor_for, person_by_email
from voucher.accounts.rules import Role
from voucher.app import office
from voucher.applications.commands import offer
from voucher.audit.commands import transaction
from voucher.organisations.commands import add_organisation
from voucher.organisations.identifiers import IdentifierKind
from voucher.platform.actor import Channel
from voucher.schemes.queries import round_by_code, scheme_by_reference
from voucher.vouchers.credentials import show
from voucher.vouchers.queries import voucher_by_reference

PASSWORD = "a lantern by the weir"
OLWEN = "olwen@northtyne.example"
STAFF = {
    "gwen@northtyne.example": Role.SCHEME_ADMINISTRATOR,
    "fay@northtyne.example": Role.FUNDING_MANAGER,
    "ada@northtyne.example": Role.ASSESSOR,
    "vera@northtyne.example": Role.VERIFIER,
    "clem@northtyne.example": Role.CLAIM_APPROVER,
    "petra@northtyne.example": Role.PROVIDER_VETTER,
    "piers@northtyne.example": Role.PROVIDER_VETTER,
    "kay@northtyne.example": Role.PAYEE_DETAILS_KEEPER,
    "ken@northtyne.example": Role.PAYEE_DETAILS_KEEPER,
    "pia@northtyne.example": Role.PAYMENTS_PREPARER,
    "alf@northtyne.example": Role.PAYMENTS_APPROVER,
    "beth@northtyne.example": Role.BANK_LINE_KEEPER,
    "audrey@northtyne.example": Role.AUDITOR,
}
GWEN, FAY, ADA, VERA, CLEM, PETRA, PIERS, KAY, KEN, PIA, ALF, BETH, AUDREY = STAFF
PRUE = "prue@northernbytes.example"
BOB = "bob@blythbakehouse.example"
STAGES = (
    "scheme", "round", "provider", "offer", "voucher", "session", "claim", "confirmation", "approval", "payment",
)  # fmt: skip
CHECKS = ("identity", "insurance", "references", "conflicts", "bank", "terms")


@dataclass
class Town:
    """What the commands so far have told; ``files`` is a folder for what they read and write."""

    shell: Shell
    files: Path
    told: dict[str, str] = field(default_factory=dict)

    def file(self, name: str, content: str | bytes) -> str:
        """The path of a file with this content."""
        path = self.files / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def with_scheme(self) -> Town:
        """An administrator, a scheme and its staff."""
        run = self.shell.run
        run("create-admin", "--name", "Olwen Parry", "--email", OLWEN, "--password-stdin", stdin=PASSWORD)
        run("scheme", "set-up", self.file("scheme.toml", SCHEME), by=OLWEN)
        for email, role in STAFF.items():
            run("person", "add", "--name", email.split("@")[0].title(), "--email", email, by=OLWEN)
            run("role", "grant", email, role, by=OLWEN)
        return self

    def with_round(self) -> Town:
        """A signed agreement and an open round that draws on its two lines."""
        self.shell.run("agreement", "sign", self.file("agreement.toml", AGREEMENT), by=FAY)
        self.shell.run("round", "set-up", self.file("round.toml", ROUND), by=GWEN)
        return self

    def with_provider(self) -> Town:
        """An approved provider with a package, payable details and a manager."""
        run, ask = self.shell.run, self.shell.ask
        firm = ("--name", "Northern Bytes Ltd", "--company-number", "9876502", "--contact-email", PRUE)
        provider = self.told["provider"] = str(ask("provider", "apply", *firm, by=PETRA)["provider"])
        run("provider", "sponsor", provider, by=PETRA)
        for check in CHECKS:
            run("provider", "vet", provider, "--check", check, "--passed", "--note", "seen", by=PETRA)
        run("provider", "approve", provider, "--until", "2027-03-31", by=PIERS)
        offer = ("--code", "CYBER", "--name", "Cyber check", "--description", "A first look", "--price", "1000.00")
        run("provider", "package", provider, *offer, "--minutes", "120", "--voucher-type", "TASTER", by=GWEN)
        account = "Northern Bytes Ltd\n08-99-99\n66374958\n"
        run("provider", "bank-details", provider, stdin=account, by=KAY)
        run("provider", "payee-check", provider, "--outcome", "match", by=KAY)
        run("provider", "confirm-details", provider, by=KEN)
        run("person", "add", "--name", "Prue Hedley", "--email", PRUE, by=OLWEN)
        run("role", "grant", PRUE, "provider-manager", "--organisation", provider, by=OLWEN)
        return self

    def with_offer(self) -> Town:
        """A bakery that was offered a voucher, by the domain's own command."""
        with self.shell.inside():
            self.told["application"] = _offer()
        return self

    def with_voucher(self) -> Town:
        """The bakery has accepted."""
        accepted = ("--declared", "0.00", "--terms", "1")
        self.told["voucher"] = self.shell.ask("accept", self.told["application"], *accepted, by=BOB)["voucher"]
        return self

    def with_session(self) -> Town:
        """The provider has looked the voucher up and recorded what it did."""
        found = self.shell.ask("look-up", "-", stdin=f"{self.code()}\n", by=PRUE)
        self.told["session"] = found["session"]
        work = ("--package", "CYBER", "--on", "2026-04-07", "--minutes", "120", "--done", "Checked the tills")
        self.shell.run("session", found["session"], *work, by=PRUE)
        return self

    def code(self) -> str:
        """The voucher's typed code, as it stands on its paper."""
        with self.shell.inside():
            voucher = voucher_by_reference(scheme_by_reference(None), self.told["voucher"])
            return show(office().ring, office().config.base_url, voucher).typed_code

    def invoice(self, number: str = "INV-001") -> tuple[str, ...]:
        """The options of a claim for the session: 1,000 pounds and VAT."""
        scan = self.file(f"{number}.pdf", PDF + number.encode())
        amounts = ("--invoice", number, "--invoiced-on", "07/04/2026", "--net", "1000.00", "--vat", "200.00")
        return (*amounts, "--file", f"invoice={scan}")

    def with_claim(self) -> Town:
        """The provider has claimed."""
        claimed = self.shell.ask("claim", "--session", self.told["session"], *self.invoice(), by=PRUE)
        self.told["claim"] = claimed["claim"]
        return self

    def with_confirmation(self) -> Town:
        """The bakery has said that it was delivered and what it paid."""
        self.shell.run("confirm", "session", self.told["session"], "--delivered", "yes", by=BOB)
        paid = ("--accept", "--paid", "400.00", "--paid-on", "2026-04-07", "--paid-by", "bank transfer")
        self.shell.run("confirm", "claim", self.told["claim"], *paid, by=BOB)
        return self

    def with_approval(self) -> Town:
        """The scheme has verified and approved the claim."""
        self.shell.run("verify", self.told["claim"], "--pass", "evidence=The report fits", by=VERA)
        self.shell.run("approve", self.told["claim"], by=CLEM)
        return self

    def with_payment(self) -> Town:
        """A batch is exported, and the bank's line is typed and matched."""
        run, ask = self.shell.run, self.shell.ask
        batch = ask("batch", "prepare", by=PIA)
        self.told["batch"], self.told["payment"] = batch["batch"], batch["payments"][0]["payment"]
        run("batch", "submit", self.told["batch"], by=PIA)
        run("batch", "approve", self.told["batch"], by=ALF)
        run("batch", "export", self.told["batch"], "--out", str(self.files / "bank.csv"), by=PIA)
        self.told["line"] = self.bank_line("-800.00", self.told["payment"])
        run("match", self.told["line"], "--payment", self.told["payment"], by=BETH)
        return self

    def bank_line(self, amount: str, reference: str) -> str:
        """The id of a bank line of today."""
        today = self.shell.clock().date().isoformat()
        words = ("--on", today, "--amount", amount, "--reference", reference, "--counterparty", "Somebody")
        return str(self.shell.ask("bank-line", *words, by=BETH)["line"])


def _offer() -> str:
    act = office().act(actor_for(person_by_email(ADA), Channel.COMMAND_LINE, office().clock()))
    with transaction(act.actor, act.clock):
        bakery = add_organisation(
            act,
            name="Blyth Bakehouse Ltd",
            legal_form="company",
            identifiers=[(IdentifierKind.COMPANY_NUMBER, "04500101")],
        )
        bob = contact_person(act, name="Bob Blyth", email=BOB, phone="", organisation_id=bakery.id)
        return offer(act, round_by_code(scheme_by_reference(None), "R1"), bakery, bob).reference
