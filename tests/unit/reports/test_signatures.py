"""What an attached signature must look like before anything of it is believed."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from voucher.reports.verify.signed import ALGORITHM, NO_HASH, PURPOSE, NoSignature, canonical, read_signature

STEP = {"step": "Signed", "name": "Sigrid", "role": "Director", "wording": "I sign.", "at": "2026-05-04T09:00:00+00:00"}
WHOLE: dict[str, Any] = {
    "purpose": PURPOSE,
    "algorithm": ALGORITHM,
    "key_id": 1,
    "public_key": base64.b64encode(bytes(32)).decode(),
    "statement": "NTT-LGF1-S001",
    "data_hash": "0" * 64,
    "sign_off": [STEP, {**STEP, "at": None}],
    "audit_head": {"seal": 1, "digest": "0" * 64},
    "file_hash": NO_HASH,
    "signature": base64.b64encode(bytes(64)).decode(),
}


def test_a_signature_in_its_format_is_read_and_need_not_verify() -> None:
    assert read_signature(canonical(WHOLE)).verifies() is False


@pytest.mark.parametrize(
    "change",
    [
        {"signature": 5},
        {"signature": None},
        {"sign_off": "Signed"},
        {"sign_off": [{}]},
        {"sign_off": [{**STEP, "name": 5}]},
        {"sign_off": [{**STEP, "at": "yesterday"}]},
        {"sign_off": 5},
        {"key_id": "1"},
        {"public_key": 5},
        {"audit_head": None},
    ],
)
def test_members_of_other_kinds_are_no_signature(change: dict[str, Any]) -> None:
    with pytest.raises(NoSignature):
        read_signature(canonical({**WHOLE, **change}))
