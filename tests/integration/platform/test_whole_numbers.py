"""No number that is not whole reaches the database (rule 17)."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from voucher.platform import db

WRITE = text("CREATE TABLE amount (pence BIGINT)")


def kept(engine: Engine, pence: object) -> object:
    with engine.begin() as connection:
        connection.execute(WRITE)
        connection.execute(text("INSERT INTO amount VALUES (:pence)"), {"pence": pence})
        return connection.execute(text("SELECT pence FROM amount")).scalar_one()


@pytest.mark.rule(17)
def test_half_a_penny_is_refused(engine: Engine) -> None:
    with pytest.raises(TypeError, match=r"1\.5 is not whole"):
        kept(engine, 1.5)


@pytest.mark.rule(17)
def test_half_a_penny_among_many_rows_is_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(WRITE)
    rows: list[dict[str, object]] = [{"pence": 1}, {"pence": 0.1}]
    with pytest.raises(TypeError, match="not whole"), engine.begin() as connection:
        connection.execute(text("INSERT INTO amount VALUES (:pence)"), rows)


@pytest.mark.rule(17)
def test_control_without_the_guard_half_a_penny_is_kept_or_rounded(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "refuse_fractions", lambda _given: None)
    assert kept(engine, 1.5) in (1.5, 2)
