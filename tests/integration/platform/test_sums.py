"""A sum of pence is a whole number on both engines, so that pages and files can write it as money."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import Engine, func, literal, select, text

from voucher.platform.db import session


def test_a_sum_of_whole_numbers_is_a_whole_number(app: Flask) -> None:
    total = session.scalar(select(func.sum(literal(40_00)) + 7))
    assert (total, type(total)) == (40_07, int)


@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_control_the_engine_itself_gives_a_number_that_no_page_can_write(engine: Engine) -> None:
    with engine.connect() as connection:
        total = connection.scalar(text("SELECT SUM(CAST(4000 AS BIGINT))"))
    assert not isinstance(total, int)
