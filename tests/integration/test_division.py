"""How scripts/test divides its tests between processes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.mark.parametrize("number", range(4))
def test_one_process_takes_the_tests_of_a_module(shared: Path, number: int) -> None:
    taken = shared / "division"
    with taken.open("a") as file:
        file.write(f"{os.getpid()}\n")
    assert set(taken.read_text().split()) == {str(os.getpid())}, f"another process took a test before number {number}"
