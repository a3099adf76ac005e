"""Which messages were sent about a record: found by an index, the latest first, and what became of each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, text

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import asked_of_the_database
from voucher.app import office
from voucher.notifications import queries
from voucher.notifications.commands import tell
from voucher.notifications.delivery import FolderDelivery
from voucher.notifications.models import MessageSubject, OutboxMessage
from voucher.notifications.queries import LATEST, About, Subjects, messages_about
from voucher.notifications.rules import LETTERS, MessageState, Reader, label_of, state_of
from voucher.notifications.worker import PostOffice, deliver_one
from voucher.platform.actor import WORKER
from voucher.platform.db import atomic, engine, read_anew, session
from voucher.worker import RENDERERS

AT = datetime(2026, 4, 7, 9, tzinfo=UTC)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def queued(number: int, kind: str = "voucher_suspended", **about: int) -> None:
    with atomic():
        for _each in range(number):
            tell(office().act(WORKER), kind, email="ann@b.example", scheme_id=None, **about)


def found(subjects: Subjects) -> About:
    read_anew()
    return messages_about(subjects)


def test_every_kind_of_message_has_its_words_and_no_other_has() -> None:
    assert set(LETTERS) == set(RENDERERS)
    assert len({letter.label for letter in LETTERS.values()}) == len(LETTERS)
    assert all(letter.label.strip() and letter.when.strip() for letter in LETTERS.values())


def test_a_kind_that_another_edition_sent_is_called_by_its_own_name() -> None:
    assert label_of("gone_by_now") == "Gone by now"
    assert label_of("voucher_copy") == "Voucher once more"


@pytest.mark.parametrize(
    ("done_at", "needless", "last_error", "state"),
    [
        (None, False, "", MessageState.WAITING),
        (None, False, "TimeoutError", MessageState.FAILED),
        (AT, False, "", MessageState.SENT),
        (AT, True, "", MessageState.NEEDLESS),
    ],
)
def test_what_became_of_a_message_follows_from_its_row(
    done_at: datetime | None, needless: bool, last_error: str, state: MessageState
) -> None:
    assert state_of(done_at, needless=needless, last_error=last_error) == state


def test_a_record_has_its_own_messages_the_latest_first_and_the_number_of_the_older_ones(app: Flask) -> None:
    queued(1, "voucher_issued", voucher_id=7)
    queued(LATEST + 1, voucher_id=7)
    queued(3, voucher_id=8)
    queued(3, redemption_id=7)
    about = found({"voucher": [7]})
    assert (len(about.rows), about.more) == (LATEST, 2)
    assert {each.label for each in about.rows} == {"Voucher suspended"}
    assert found({"voucher": [9]}) == About([], 0)


def test_a_message_about_two_records_of_one_page_is_there_once(app: Flask) -> None:
    queued(1, "provider_suspended_business", voucher_id=7, provider_id=3)
    assert len(found({"voucher": [7], "provider": [3]}).rows) == 1


def test_three_hundred_messages_cost_one_query_as_three_do(app: Flask) -> None:
    queued(3, voucher_id=7)
    queued(300, voucher_id=8)
    few, many = ({"voucher": [number]} for number in (7, 8))
    assert (len(found(few).rows), found(many).more) == (3, 300 - LATEST)
    assert asked_of_the_database(lambda: messages_about(few)) == 1
    assert asked_of_the_database(lambda: messages_about(many)) == 1


def reading_by_index(subjects: Subjects) -> int:
    """How often the index of records is read to find the messages about these."""
    plans: list[str] = []

    def look(_connection: object, cursor: Any, statement: str, parameters: Any, *_more: object) -> None:
        explain = "EXPLAIN QUERY PLAN" if engine().dialect.name == "sqlite" else "EXPLAIN"
        plans.extend(str(row) for row in cursor.connection.execute(f"{explain} {statement}", parameters).fetchall())

    event.listen(engine(), "before_cursor_execute", look)
    messages_about(subjects)
    event.remove(engine(), "before_cursor_execute", look)
    return sum("ix_message_subject_record" in line for line in plans)


def test_messages_are_found_by_the_index_and_not_by_reading_all_of_them(app: Flask) -> None:
    if engine().dialect.name == "postgresql":  # It reads a table of a few rows whole, whatever indexes it has.
        session.execute(text("SET LOCAL enable_seqscan = off"))
    numbers = select(OutboxMessage.id).where(OutboxMessage.person_id == 1)
    assert reading_by_index({"voucher": [7], "session": numbers, "redemption": numbers}) == 3
    session.execute(text("DROP INDEX ix_message_subject_record"))
    assert reading_by_index({"voucher": [7]}) == 0
    read_anew()


def test_a_message_with_nothing_to_say_any_more_is_not_called_sent(app: Flask) -> None:
    queued(1, "hello", voucher_id=7)
    nothing = PostOffice({"hello": lambda _act, _message: None}, FolderDelivery(office().config.mail), "v@localhost")
    assert deliver_one(office().act(WORKER), nothing) is True
    assert [each.state for each in found({"voucher": [7]}).rows] == [MessageState.NEEDLESS]
    assert not office().config.mail.exists()


def test_what_a_message_is_about_is_read_by_whoever_draws_it(app: Flask) -> None:
    queued(1, voucher_id=7, provider_id=3)
    read_anew()
    assert session.scalars(select(OutboxMessage)).one().subject_ids == {"voucher_id": 7, "provider_id": 3}
    assert {each.kind for each in session.scalars(select(MessageSubject))} == {"voucher", "provider"}


def test_a_reader_and_a_scheme_narrow_the_messages(world: World) -> None:
    with atomic():
        act = office().act(WORKER)
        for kind, scheme_id in (("claim_made", 1), ("claim_disputed", 1), ("claim_made", None)):
            tell(act, kind, email="a@b.example", scheme_id=scheme_id, redemption_id=7)
    read_anew()
    subjects = {"redemption": [7]}
    assert len(messages_about(subjects).rows) == 3
    assert {each.label for each in messages_about(subjects, reader=Reader.BUSINESS).rows} == {label_of("claim_made")}
    assert len(messages_about(subjects, schemes=[1]).rows) == 2
    assert messages_about(subjects, schemes=[]).rows == []


def test_control_without_the_narrowing_to_a_reader_a_business_reads_of_others_messages(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(1, "claim_disputed", redemption_id=7)
    read_anew()
    assert messages_about({"redemption": [7]}, reader=Reader.BUSINESS).rows == []
    monkeypatch.setattr(queries, "kinds_for", lambda _reader: list(LETTERS))
    assert len(messages_about({"redemption": [7]}, reader=Reader.BUSINESS).rows) == 1
