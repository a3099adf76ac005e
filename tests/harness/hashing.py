"""Passwords that are checked in no time, for people of the tests sign in by the dozen."""

from __future__ import annotations

from argon2 import PasswordHasher

from voucher.accounts import sign_in

PRODUCT_HASHER = sign_in.HASHER


def install() -> None:
    """Lets passwords cost next to nothing from now on; a test of its own looks at what the product's cost."""
    sign_in.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
