"""The code that signs somebody in, as its mail."""

from __future__ import annotations

from voucher.accounts.models import SignInCode
from voucher.accounts.rules import CODE_MINUTES
from voucher.notifications.delivery import Mail, written
from voucher.notifications.models import OutboxMessage
from voucher.notifications.worker import Renderer
from voucher.platform.act import Act
from voucher.platform.db import session


def sign_in_code(act: Act, message: OutboxMessage) -> Mail:
    """The code, as long as it is good; a mail that was held up says to ask for another."""
    asked = session.get_one(SignInCode, message.subject_ids["code_id"])
    is_good = asked.used_at is None and act.now < asked.expires_at
    return written(
        "sign_in_code",
        code=act.ring.sign_in_code(asked.public_id) if is_good else None,
        minutes=CODE_MINUTES,
        base_url=act.base_url,
    )


RENDERERS: dict[str, Renderer] = {"sign_in_code": sign_in_code}
