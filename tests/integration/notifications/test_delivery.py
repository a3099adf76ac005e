"""Ways out of the building: what a mail server is told, and what it is never told."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from tests.integration.notifications.mail_server import mail_server
from voucher.notifications import delivery
from voucher.notifications.delivery import Attachment, Envelope, Mail, SmtpDelivery, written
from voucher.notifications.worker import why

ENVELOPE = Envelope(
    7, "vouchers@northmoor.example", "ann@example.org", "<a7@northmoor.example>", datetime(2026, 4, 7, 9, tzinfo=UTC)
)
MAIL = Mail("Your voucher: £750.00", "Dear Ŵyn & Sons,\n", [Attachment("v.pdf", "application/pdf", lambda: b"%PDF")])


def test_a_mail_server_gets_the_whole_message() -> None:
    with mail_server() as server:
        SmtpDelivery(server.url).send(ENVELOPE, MAIL)
    [data] = server.messages
    message = message_from_bytes(data, policy=policy.default)
    assert [message[name] for name in ("From", "To", "Subject", "Message-ID", "Auto-Submitted")] == [
        "vouchers@northmoor.example",
        "ann@example.org",
        "Your voucher: £750.00",
        "<a7@northmoor.example>",
        "auto-generated",
    ]
    body = message.get_body()
    assert body is not None
    assert body.get_content().strip() == "Dear Ŵyn & Sons,"
    assert [(part.get_filename(), part.get_content()) for part in message.iter_attachments()] == [("v.pdf", b"%PDF")]


def test_a_message_sent_again_has_the_id_of_the_first() -> None:
    with mail_server() as server:
        for _ in range(2):
            SmtpDelivery(server.url).send(ENVELOPE, MAIL)
    assert {message_from_bytes(data)["Message-ID"] for data in server.messages} == {"<a7@northmoor.example>"}


def test_a_password_is_not_told_over_an_open_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_LOOPBACK", frozenset())  # As if the server were another machine.
    with mail_server() as server:
        url = server.url.replace("smtp://", "smtp://clerk:hunter2@")
        with pytest.raises(smtplib.SMTPNotSupportedError):
            SmtpDelivery(url).send(ENVELOPE, MAIL)
    assert [command for command in server.commands if command.startswith(("AUTH", "MAIL"))] == []
    assert "hunter2" not in repr(SmtpDelivery(url))


def test_a_refusal_of_the_server_is_raised_and_only_its_kind_is_kept() -> None:
    with mail_server() as server:
        server.refusing = b"550 ann@example.org is unknown"
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
            SmtpDelivery(server.url).send(ENVELOPE, MAIL)
    assert server.messages == []
    assert why(refusal.value) == "SMTPRecipientsRefused"


def test_a_subject_stays_on_one_line() -> None:
    message = delivery.as_email(ENVELOPE, Mail("Voucher of Ann\nBcc: everybody@example.org", "Text\n"))
    assert message["Subject"] == "Voucher of Ann Bcc: everybody@example.org"
    assert message["Bcc"] is None


def test_a_long_subject_with_a_pound_sign_is_read_as_it_was_written() -> None:
    for length in range(1, 60):
        subject = f"{'x' * length} a voucher of up to £750.00 for Caffè Ŵyn"
        data = delivery.as_bytes(ENVELOPE, Mail(subject, "Text\n"))
        assert message_from_bytes(data, policy=policy.default)["Subject"] == subject


def test_the_lines_of_a_long_text_are_short_enough_for_mail_servers() -> None:
    data = delivery.as_bytes(ENVELOPE, Mail("Long", "£" * 5000 + "\n"))
    assert max(map(len, data.split(b"\r\n"))) <= 78


def test_names_are_not_escaped_as_on_a_page() -> None:
    class Scheme:
        name = "Tasters"
        contact_line = "0113 496 0000"

        class owner:
            name = "Council"

    at = datetime(2026, 4, 7, 9, tzinfo=UTC)
    found = written("provider_suspended", scheme=Scheme, provider="Calder & Sons <Ltd>", at=at, base_url="")
    assert found.subject == "Calder & Sons <Ltd> is suspended"
    assert "7 April 2026, 10:00am" in found.text
