"""Messages as they leave: text and attachments become one e-mail, which becomes a file or goes to a mail server.

This is the only file that knows how mail is sent. The Message-ID follows from the outbox row, so that a message that
is handed over twice (a worker died in between) is one message for whoever keeps it.
"""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from flask_babel import gettext as translate
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from voucher.platform.clock import long_date, long_time
from voucher.platform.money import pounds

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
SMTP_SECONDS = 30
# Python doubles a space where it breaks a header line beside a letter like £, so lines are as long as is allowed.
_UNFOLDED = SMTP.clone(max_line_length=998)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message; ``draw`` makes its bytes once no transaction is open, for that takes a while."""

    name: str
    media_type: str
    draw: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True)
class Mail:
    """A message in words, before it is addressed. It may hold a link: it is never stored and never logged."""

    subject: str
    text: str = field(repr=False)
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True)
class Envelope:
    """From whom, to whom and when; ``message_id`` is the same whenever the row is sent again."""

    outbox_id: int
    sender: str
    to: str
    message_id: str
    at: datetime


class Delivery(Protocol):
    """A way out of the building."""

    def send(self, envelope: Envelope, mail: Mail) -> None:
        """Hands the message over; raises OSError or smtplib.SMTPException when it could not."""


@dataclass(frozen=True)
class FolderDelivery:
    """Every message as a file ``<outbox id>.eml``: the same row twice is the same file."""

    folder: Path

    def send(self, envelope: Envelope, mail: Mail) -> None:
        """Writes the file in one step; whoever looks sees a whole message or none."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{envelope.outbox_id}.eml"
        partial = path.with_suffix(f".{os.getpid()}.part")
        # A message may carry a link that answers in somebody's name, so only the owner reads it.
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(as_bytes(envelope, mail))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)


@dataclass(frozen=True)
class SmtpDelivery:
    """A mail server: ``smtp://host:25``, ``smtp://user:password@host:587`` or ``smtps://user:password@host``."""

    url: str = field(repr=False)

    def send(self, envelope: Envelope, mail: Mail) -> None:
        """Sends the message over one connection; credentials never go over a line that others can read."""
        data = as_bytes(envelope, mail)
        where = urlsplit(self.url)
        with closing(self._connected(envelope.sender.rpartition("@")[2])) as server:
            server.ehlo()
            open_line = where.scheme != "smtps"
            if open_line and (server.has_extn("starttls") or (where.username and where.hostname not in _LOOPBACK)):
                server.starttls(context=ssl.create_default_context())
            if where.username:
                server.login(unquote(where.username), unquote(where.password or ""))
            server.sendmail(envelope.sender, [envelope.to], data)

    def _connected(self, own_name: str) -> smtplib.SMTP:
        # Our own name is said and not looked up, which in many networks takes a minute and finds nothing.
        where = urlsplit(self.url)
        host = where.hostname or ""
        if where.scheme == "smtps":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, where.port or 465, own_name, timeout=SMTP_SECONDS, context=context)
        return smtplib.SMTP(host, where.port or 25, own_name, timeout=SMTP_SECONDS)


def as_bytes(envelope: Envelope, mail: Mail) -> bytes:
    """The message as it is written and sent, with CRLF line ends."""
    return as_email(envelope, mail).as_bytes(policy=_UNFOLDED)


def as_email(envelope: Envelope, mail: Mail) -> EmailMessage:
    """The message with its headers and attachments."""
    message = EmailMessage(policy=SMTP)
    message["From"] = envelope.sender
    message["To"] = envelope.to
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = envelope.at
    message["Message-ID"] = envelope.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte="quoted-printable")
    for attached in mail.attachments:
        main, _slash, sub = attached.media_type.partition("/")
        message.add_attachment(attached.draw(), maintype=main, subtype=sub, filename=attached.name)
    return message


def written(kind: str, attachments: Sequence[Attachment] = (), /, **values: object) -> Mail:
    """The mail that ``templates/mail/<kind>.txt`` makes of the values: its first line is the subject."""
    subject, _newline, text = _environment().get_template(f"mail/{kind}.txt").render(**values).partition("\n")
    return Mail(subject.strip(), text.strip() + "\n", attachments)


@cache
def _environment() -> Environment:
    # Mails are plain text: escaping would put &amp; into the names of businesses.
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["_"] = translate
    found.filters.update(pounds=pounds, percent=_percent, day=long_date, time=long_time)
    return found


def _percent(basis_points: int) -> str:
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")
