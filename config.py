"""Settings of one installation, read from the environment once, when the app is made."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Config:
    """Where things lie and how the app is reached. Secrets are in the key ring's file, never here.

    ``mail_server`` is the address of the one that messages go to, without who signs in there; empty where they become
    files. ``mail_from`` is their sender; empty for one of the app's own host.
    """

    data: Path
    database_url: str
    base_url: str
    testing: bool = False
    trusted_proxies: int = 0
    demo: bool = False
    scan_command: tuple[str, ...] = ()
    mail_server: str = ""
    mail_from: str = ""
    translations_folder: Path | None = None
    papers_language: str = ""

    @property
    def key_ring(self) -> Path:
        """The keys outside the database."""
        return self.data / "keys" / "ring.json"

    @property
    def documents(self) -> Path:
        """The folder of uploaded and produced files."""
        return self.data / "documents"

    @property
    def mail(self) -> Path:
        """Where messages are written as .eml files."""
        return self.data / "mail"

    @property
    def modulus(self) -> Path:
        """The tables of the modulus check, which an operator supplies."""
        return self.data / "modulus"

    @property
    def translations(self) -> Path:
        """The compiled translations, which an operator adds; English needs none."""
        return self.translations_folder or self.data / "translations"

    @property
    def roots(self) -> Path:
        """The audit trail's roots, kept outside the database."""
        return self.data / "seals" / "roots.txt"


def from_environment(environ: Mapping[str, str] = os.environ) -> Config:
    """The settings that the environment names; each has a default that runs on a laptop.

    VOUCHER_DATA (folder, default ``var``), DATABASE_URL (default SQLite in that folder), VOUCHER_BASE_URL, and
    VOUCHER_TRUSTED_PROXIES: how many reverse proxies stand before the app, so that limits count the visitor's address.
    VOUCHER_SCAN_COMMAND is a command line that looks for malware in a file whose path is added to it.
    VOUCHER_SMTP_URL and VOUCHER_MAIL_FROM are the worker's; what pages may tell of them is kept.
    VOUCHER_TRANSLATIONS is the folder of translations (default ``translations`` in the data folder).
    VOUCHER_PAPERS_LANGUAGE is the language of statements' papers, such as ``cy`` (default English).
    VOUCHER_DEMO=1 lets everybody read the messages that were written to the data folder; ``scripts/run`` sets it.
    """
    data = Path(environ.get("VOUCHER_DATA", ROOT / "var")).resolve()
    url = environ.get("DATABASE_URL") or f"sqlite:///{data / 'voucher.sqlite3'}"
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            url = "postgresql+psycopg://" + url.removeprefix(plain)
    return Config(
        data=data,
        database_url=url,
        base_url=environ.get("VOUCHER_BASE_URL", "http://127.0.0.1:8000"),
        trusted_proxies=int(environ.get("VOUCHER_TRUSTED_PROXIES", "0")),
        demo=environ.get("VOUCHER_DEMO") == "1",
        scan_command=tuple(shlex.split(environ.get("VOUCHER_SCAN_COMMAND", ""))),
        mail_server=_without_credentials(environ.get("VOUCHER_SMTP_URL", "")),
        mail_from=environ.get("VOUCHER_MAIL_FROM", ""),
        translations_folder=Path(folder).resolve() if (folder := environ.get("VOUCHER_TRANSLATIONS")) else None,
        papers_language=environ.get("VOUCHER_PAPERS_LANGUAGE", ""),
    )


def _without_credentials(url: str) -> str:
    """The scheme, host and port of an address, and nothing else that stands in it."""
    where = urlsplit(url)
    host = where.hostname or ""
    return f"{where.scheme}://{host}{f':{where.port}' if where.port else ''}" if host else ""
