"""The QR token and the typed code of a voucher: not to be forged, guessed or read for secrets (rules 1 and 5)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import qrcode
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from voucher.platform.keyring import KeyRing, KeyRingError, VoucherKey
from voucher.vouchers import credential
from voucher.vouchers.credential import (
    QrClaims,
    new_voucher_public_id,
    qr_address,
    read_token,
    token_for,
    typed_code_for,
)
from voucher.vouchers.typed_code import normalise, well_formed

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PUBLIC_ID = bytes(range(100, 110))
CLAIMS = QrClaims(kid=1, scheme_number=66_051, public_id=PUBLIC_ID, generation=2, last_day=date(2026, 3, 14))
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
ORDER_OF_THE_CURVE = 2**252 + 27742317777372353535851937790883648493


@pytest.fixture(scope="module")
def ring_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "ring.json"
    KeyRing.create(path, NOW)
    return path


@pytest.fixture(scope="module")
def ring(ring_file: Path) -> KeyRing:
    """A ring that no test changes."""
    return KeyRing.load(ring_file)


@pytest.fixture
def fresh_ring(tmp_path: Path) -> KeyRing:
    return KeyRing.create(tmp_path / "ring.json", NOW)


def raw(token: str) -> bytes:
    return base64.b32decode(token + "=" * (-len(token) % 8))


def text(signed: bytes) -> str:
    return base64.b32encode(signed).decode().rstrip("=")


def flipped(signed: bytes, bit: int) -> bytes:
    return (int.from_bytes(signed, "big") ^ (1 << bit)).to_bytes(len(signed), "big")


@pytest.mark.rule(1)
def test_a_token_with_any_one_bit_flipped_is_refused(ring: KeyRing) -> None:
    signed = raw(token_for(ring.active, CLAIMS))
    assert read_token(ring, text(signed)) == CLAIMS
    assert len(signed) * 8 == 664
    assert not [bit for bit in range(len(signed) * 8) if read_token(ring, text(flipped(signed, bit)))]


@pytest.mark.rule(1)
def test_control_a_reader_that_checks_no_signature_takes_the_forged_ones(
    ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credential, "_is_signed", lambda public, payload, signature: True)
    signed = raw(token_for(ring.active, CLAIMS))
    read = [read_token(ring, text(flipped(signed, bit))) for bit in range(len(signed) * 8)]
    # Format and key id are looked at before the signature; each of the other 17 bytes of claims could be changed.
    forged = [claims for claims in read if claims not in (None, CLAIMS)]
    assert len(forged) == 17 * 8
    assert [claims for claims in forged if claims and claims.last_day > CLAIMS.last_day]


@pytest.mark.rule(1)
def test_a_token_signed_by_another_key_is_refused(
    ring: KeyRing, fresh_ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = token_for(fresh_ring.active, CLAIMS)
    assert read_token(fresh_ring, forged) == CLAIMS
    assert read_token(ring, forged) is None
    monkeypatch.setattr(credential, "_is_signed", lambda public, payload, signature: True)
    assert read_token(ring, forged) == CLAIMS  # Control.


@pytest.mark.rule(1)
def test_a_token_cannot_be_passed_off_as_another_key_s(fresh_ring: KeyRing) -> None:
    stolen = fresh_ring.active
    fresh_ring.rotate(NOW)
    payload = raw(token_for(stolen, CLAIMS))[:19]
    renamed = payload[:1] + bytes([2]) + payload[2:]
    assert read_token(fresh_ring, text(renamed + stolen.sign(renamed))) is None
    assert read_token(fresh_ring, text(payload + stolen.sign(payload))) == CLAIMS


@pytest.mark.rule(1)
def test_a_retired_key_still_reads_and_a_compromised_one_does_not(fresh_ring: KeyRing) -> None:
    stolen = fresh_ring.active
    token = token_for(stolen, CLAIMS)
    fresh_ring.rotate(NOW)
    assert read_token(fresh_ring, token) == CLAIMS
    assert token_for(fresh_ring.voucher_key(1), CLAIMS) == token
    fresh_ring.compromise(1, NOW)
    assert read_token(fresh_ring, token) is None
    # Who took the key can still sign with it, and it is of no use.
    assert read_token(fresh_ring, token_for(stolen, replace(CLAIMS, generation=3))) is None
    with pytest.raises(KeyRingError):
        token_for(fresh_ring.voucher_key(1), CLAIMS)


@pytest.mark.rule(1)
def test_what_the_database_holds_is_not_enough_to_make_either_secret(ring: KeyRing, fresh_ring: KeyRing) -> None:
    # The same row, read by somebody with keys of their own.
    assert read_token(ring, token_for(fresh_ring.active, CLAIMS)) is None
    assert typed_code_for(ring.active, PUBLIC_ID, 2, 0) != typed_code_for(fresh_ring.active, PUBLIC_ID, 2, 0)


@pytest.mark.rule(1)
def test_control_a_code_worked_out_without_a_key_is_the_same_for_everybody(
    ring: KeyRing, fresh_ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keyless(key: VoucherKey, message: bytes) -> int:
        return int.from_bytes(hashlib.sha256(message).digest()[:8], "big") >> 4

    monkeypatch.setattr(VoucherKey, "code_bits", keyless)
    assert typed_code_for(ring.active, PUBLIC_ID, 2, 0) == typed_code_for(fresh_ring.active, PUBLIC_ID, 2, 0)


def relations(ids: list[bytes]) -> list[str]:
    """What an observer of consecutive numbers could use to work out the next one."""
    numbers = [int.from_bytes(each, "big") for each in ids]
    width = len(ids[0]) * 8
    steps = [after ^ before for before, after in pairwise(numbers)]
    found = ["repeats"] if len(set(numbers)) < len(numbers) else []
    for name, sample in (("bit", numbers), ("step", steps)):
        shares = [sum(number >> bit & 1 for number in sample) / len(sample) for bit in range(width)]
        # Fair bits stay within these bounds but for one run in 10 to the 15: nine standard deviations at 2,000.
        found += [f"{name} {bit}" for bit, share in enumerate(shares) if not 0.4 < share < 0.6]
    return found


def consecutive_codes(key: VoucherKey, number_of_codes: int) -> list[bytes]:
    """Typed codes of one voucher's first generations, the likest inputs that there are."""
    codes = [typed_code_for(key, PUBLIC_ID, generation, 0)[:12] for generation in range(number_of_codes)]
    crockford = str.maketrans("0123456789ABCDEFGHJKMNPQRSTVWXYZ", "0123456789ABCDEFGHIJKLMNOPQRSTUV")
    # 60 bits fill seven whole bytes and a half; the half is left out.
    return [(int(code.translate(crockford), 32) >> 4).to_bytes(7, "big") for code in codes]


@pytest.mark.rule(1)
def test_consecutive_vouchers_share_no_relation(ring: KeyRing) -> None:
    assert relations([new_voucher_public_id() for _ in range(2_000)]) == []
    assert relations(consecutive_codes(ring.active, 2_000)) == []


@pytest.mark.rule(1)
def test_control_numbers_that_count_up_show_their_relation() -> None:
    assert relations([number.to_bytes(10, "big") for number in range(2_000)])
    assert relations([(number * 0x9E3779B97F4A7C15F39D % 2**80).to_bytes(10, "big") for number in range(2_000)])


@pytest.mark.rule(1)
def test_a_public_id_has_80_random_bits() -> None:
    assert {len(new_voucher_public_id()) for _ in range(50)} == {10}


@pytest.mark.rule(1)
def test_a_new_generation_or_nonce_makes_a_typed_code_of_its_own(ring: KeyRing) -> None:
    codes = {
        typed_code_for(ring.active, PUBLIC_ID, generation, nonce) for generation in range(20) for nonce in range(20)
    }
    assert len(codes) == 400
    assert all(well_formed(code) and normalise(code) == code for code in codes)
    assert typed_code_for(ring.active, PUBLIC_ID, 1, 1) == typed_code_for(ring.active, PUBLIC_ID, 1, 1)
    assert typed_code_for(ring.active, bytes(10), 1, 1) not in codes


def declared_fields(payload: bytes) -> tuple[dict[str, int | bytes | date], bytes]:
    """The payload read byte by byte by other code than the product's, and what is left over."""
    read: dict[str, int | bytes | date] = {
        "format": payload[0],
        "kid": payload[1],
        "scheme_number": payload[2] * 65_536 + payload[3] * 256 + payload[4],
        "public_id": payload[5:15],
        "generation": payload[15] * 256 + payload[16],
        "last_day": date(2020, 1, 1) + timedelta(days=payload[17] * 256 + payload[18]),
    }
    return read, payload[19:]


@pytest.mark.rule(5)
def test_the_payload_carries_the_declared_fields_and_no_more(ring: KeyRing) -> None:
    signed = raw(token_for(ring.active, CLAIMS))
    read, rest = declared_fields(signed)
    assert read == {"format": 1} | {field.name: getattr(CLAIMS, field.name) for field in fields(QrClaims)}
    assert rest == ring.active.sign(signed[:19])
    assert signed[2:5] == b"\x01\x02\x03"


@pytest.mark.rule(5)
def test_control_a_name_in_the_payload_would_be_seen(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = credential._payload
    monkeypatch.setattr(credential, "_payload", lambda claims: honest(claims) + b"ACME LTD")
    signed = raw(token_for(ring.active, CLAIMS))
    _, rest = declared_fields(signed)
    assert rest != ring.active.sign(signed[:19])
    assert b"ACME LTD" in rest


@given(
    scheme_number=st.integers(0, 2**24 - 1),
    public_id=st.binary(min_size=10, max_size=10),
    generation=st.integers(0, 2**16 - 1),
    last_day=st.dates(date(2020, 1, 1), date(2020, 1, 1) + timedelta(days=2**16 - 1)),
)
def test_every_claim_is_read_back(
    ring: KeyRing, scheme_number: int, public_id: bytes, generation: int, last_day: date
) -> None:
    claims = QrClaims(1, scheme_number, public_id, generation, last_day)
    token = token_for(ring.active, claims)
    assert set(token) <= set(BASE32)
    assert read_token(ring, token) == claims


WRONG_CLAIMS: dict[str, Callable[[QrClaims], QrClaims]] = {
    "another key": lambda claims: replace(claims, kid=2),
    "scheme below zero": lambda claims: replace(claims, scheme_number=-1),
    "scheme too large": lambda claims: replace(claims, scheme_number=2**24),
    "short id": lambda claims: replace(claims, public_id=bytes(9)),
    "long id": lambda claims: replace(claims, public_id=bytes(11)),
    "generation too large": lambda claims: replace(claims, generation=2**16),
    "day too early": lambda claims: replace(claims, last_day=date(2019, 12, 31)),
    "day too late": lambda claims: replace(claims, last_day=date(2020, 1, 1) + timedelta(days=2**16)),
}


@pytest.mark.parametrize("wrong", WRONG_CLAIMS)
def test_a_claim_that_does_not_fit_is_refused(ring: KeyRing, wrong: str) -> None:
    with pytest.raises(ValueError, match=r"key|fit|10 bytes"):
        token_for(ring.active, WRONG_CLAIMS[wrong](CLAIMS))


@pytest.mark.parametrize(
    ("public_id", "generation", "nonce"), [(bytes(9), 1, 0), (PUBLIC_ID, -1, 0), (PUBLIC_ID, 1, 2**32)]
)
def test_a_typed_code_is_made_of_inputs_that_fit(ring: KeyRing, public_id: bytes, generation: int, nonce: int) -> None:
    with pytest.raises(ValueError, match=r"fit|10 bytes"):
        typed_code_for(ring.active, public_id, generation, nonce)


WAYS_TO_READ = [
    "{token}",
    "/V/{token}",
    "HTTPS://VOUCHERS.EXAMPLE.UK/V/{token}",
    "HTTP://[::1]:5000/V/{token}",
    " HTTPS://AN.EARLIER.HOST/V/{token}\r\n",
]


@pytest.mark.parametrize("way", WAYS_TO_READ)
def test_a_token_is_read_from_an_address_a_path_or_alone_in_any_case(ring: KeyRing, way: str) -> None:
    scanned = way.format(token=token_for(ring.active, CLAIMS))
    assert read_token(ring, scanned) == CLAIMS
    assert read_token(ring, scanned.lower()) == CLAIMS
    assert read_token(ring, scanned.title()) == CLAIMS


MALFORMED = [
    "",
    "/V/",
    "HTTPS://VOUCHERS.EXAMPLE.UK/V/",
    "{token}A",
    "A{token}",
    "{token}===",
    "{token}/",
    "/W/{token}",
    "/V/V/{token}",
    "FTP://VOUCHERS.EXAMPLE.UK/V/{token}",
    "HTTPS://VOUCHERS.EXAMPLE.UK/ELSEWHERE/V/{token}",
    "HTTPS://VOUCHERS.EXAMPLE.UK/?/V/{token}",
    "HTTPS:///V/{token}",
    "{token}\n{token}",
    "7G4K-9PQ2-MX0R-C",
    "A" * 133,
]


@pytest.mark.parametrize("shape", MALFORMED)
def test_what_is_no_token_is_read_as_nothing(ring: KeyRing, shape: str) -> None:
    assert read_token(ring, shape.format(token=token_for(ring.active, CLAIMS))) is None


def test_a_token_has_one_spelling(ring: KeyRing) -> None:
    token = token_for(ring.active, CLAIMS)
    assert [last for last in BASE32 if read_token(ring, token[:-1] + last)] == [token[-1]]
    # The spare bit alone: it decodes to the very same bytes, and a reader that did not look would take it.
    twin = token[:-1] + BASE32[BASE32.index(token[-1]) + 1]
    assert raw(twin) == raw(token)
    assert read_token(ring, twin) is None


def test_letters_that_turn_into_ascii_in_upper_case_are_no_second_spelling(ring: KeyRing) -> None:
    claims = next(
        each
        for each in (replace(CLAIMS, generation=generation) for generation in range(1000))
        if "S" in token_for(ring.active, each)
    )
    token = token_for(ring.active, claims)
    assert token.replace("S", "ſ").upper() == token
    assert read_token(ring, token.replace("S", "ſ")) is None


def test_a_signature_cannot_be_rewritten_into_another_good_one(ring: KeyRing) -> None:
    signed = raw(token_for(ring.active, CLAIMS))
    scalar = int.from_bytes(signed[-32:], "little") + ORDER_OF_THE_CURVE
    assert read_token(ring, text(signed[:-32] + scalar.to_bytes(32, "little"))) is None


def test_a_token_of_another_format_or_unknown_key_is_read_as_nothing(ring: KeyRing) -> None:
    payload = raw(token_for(ring.active, CLAIMS))[:19]
    for head in (b"\x00\x01", b"\x02\x01", b"\x01\x00", b"\x01\x02", b"\x01\xff"):
        changed = head + payload[2:]
        assert read_token(ring, text(changed + ring.active.sign(changed))) is None
    stranger = Ed25519PrivateKey.generate()
    assert read_token(ring, text(payload + stranger.sign(payload))) is None


@given(st.text(alphabet=BASE32 + "abc/V:. \n", max_size=140))
def test_any_text_at_all_is_read_without_an_error(ring: KeyRing, scanned: str) -> None:
    assert read_token(ring, scanned) is None


ADDRESSES = {
    "https://vouchers.example.uk": "HTTPS://VOUCHERS.EXAMPLE.UK/V/ABC",
    "https://vouchers.example.uk/": "HTTPS://VOUCHERS.EXAMPLE.UK/V/ABC",
    "HTTPS://Vouchers.Example.UK:8443": "HTTPS://VOUCHERS.EXAMPLE.UK:8443/V/ABC",
    "http://localhost:5000": "HTTP://LOCALHOST:5000/V/ABC",
    "http://127.0.0.1:5000/": "HTTP://127.0.0.1:5000/V/ABC",
    "http://[::1]:5000": "HTTP://[::1]:5000/V/ABC",
}


@pytest.mark.parametrize("base_url", ADDRESSES)
def test_the_address_is_upper_case_and_https_or_loopback(base_url: str) -> None:
    assert qr_address(base_url, "ABC") == ADDRESSES[base_url]


@pytest.mark.parametrize(
    "base_url",
    [
        "http://vouchers.example.uk",
        "http://localhost.example.uk",
        "http://127.0.0.1.example.uk",
        "http://localhost@example.uk",
        "ftp://localhost",
        "vouchers.example.uk",
        "https://",
        "https://someone@vouchers.example.uk",
        "https://vouchers.example.uk/app",
        "https://vouchers.example.uk/?a=b",
        "https://vouchers.example.uk/#top",
        "https://vouchers.exämple.uk",
        "https://vouchers.example.ıo",  # In upper case the dotless i would name another host.
        "https://vouchers.example.uk:port",
        "",
    ],
)
def test_any_other_address_of_the_app_is_refused(base_url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        qr_address(base_url, "ABC")


def version_of(address: str) -> int:
    """The size of the QR code at level M: version 6 has 41 modules a side, version 7 has 45."""
    drawn = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M)
    drawn.add_data(address)
    return int(drawn.best_fit())


@pytest.mark.parametrize(("host", "length", "version"), [("vouchers.x", 154, 6), ("vouchers.example.uk1", 164, 7)])
def test_the_address_stays_small_enough_to_print(ring: KeyRing, host: str, length: int, version: int) -> None:
    address = qr_address(f"https://{host}", token_for(ring.active, CLAIMS))
    assert len(address) == length
    assert set(address) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
    assert version_of(address) == version
    # Control: the same address in lower case leaves the alphanumeric mode and needs a larger code.
    assert version_of(address.lower()) > version
