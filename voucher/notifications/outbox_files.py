"""The messages that lie in the data folder as files, for whoever tries the demo out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

_NAME = re.compile(r"[0-9]+\.eml")
_LINK = re.compile(r"(https?://[^\s<>]+)", re.I)


@dataclass(frozen=True)
class Letter:
    """A message as a person reads it; ``pieces`` are its text, cut so that every address is a piece of its own."""

    name: str
    to: str
    subject: str
    at: datetime
    pieces: tuple[tuple[str, bool], ...]
    attached: tuple[str, ...]


def letter_names(folder: Path) -> list[str]:
    """The names of all messages, newest first."""
    found = [path.name for path in folder.glob("*.eml") if _NAME.fullmatch(path.name)] if folder.is_dir() else []
    return sorted(found, key=lambda name: int(name.removesuffix(".eml")), reverse=True)


def letter(folder: Path, name: str) -> Letter:
    """One message by a name from ``letter_names``."""
    message: EmailMessage = message_from_bytes((folder / name).read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    text = str(body.get_content()) if body is not None else ""
    cut = tuple((piece, number % 2 == 1) for number, piece in enumerate(_LINK.split(text)))
    return Letter(
        name=name,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        at=parsedate_to_datetime(str(message["Date"])),
        pieces=cut,
        attached=tuple(part.get_filename() or "" for part in message.iter_attachments()),
    )
