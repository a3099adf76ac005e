"""How many vouchers a demo of a size has, and what becomes of them."""

from __future__ import annotations

from collections import Counter

import pytest

from voucher.demo.lives import AGAIN, LEAST, ONCE, WITHOUT_VOUCHER, spread


@pytest.mark.parametrize("size", [LEAST, LEAST + 1, 100, 300, 1_000])
def test_as_many_vouchers_are_issued_as_were_asked_for(size: int) -> None:
    waves = spread(size)
    assert sum(kind not in WITHOUT_VOUCHER for wave in waves for kind in wave) == size
    assert len(waves) == len(ONCE)


def test_every_life_of_the_smallest_demo_is_lived_in_a_larger_one() -> None:
    for kinds, wave in zip(ONCE, spread(300), strict=True):
        assert Counter(kinds) <= Counter(wave)


def test_what_is_added_comes_to_every_wave_alike_and_has_a_voucher() -> None:
    added = [len(wave) - len(kinds) for kinds, wave in zip(ONCE, spread(300), strict=True)]
    assert max(added) - min(added) <= 1
    assert not WITHOUT_VOUCHER & {kind for kinds in AGAIN for kind in kinds}
