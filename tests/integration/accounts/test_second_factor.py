"""The second factor: set up once, asked at the act, good once, limited, and refused where it is missing."""

from __future__ import annotations

from dataclasses import replace

import pyotp
import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.integration.accounts.people import OLWEN, as_person, enter, olwen
from voucher.accounts import second_factor
from voucher.accounts.models import Person, RecoveryCode, SecondFactor, SecondFactorFailure
from voucher.accounts.second_factor import ProofRefused
from voucher.app import office
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.actor import Channel
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden


def unproven(person: Person) -> Act:
    return replace(as_person(person), proven=False)


def set_up(person: Person) -> tuple[pyotp.TOTP, list[str]]:
    """The person's app and recovery codes."""
    act = unproven(person)
    with transaction(act.actor, act.clock):
        begun = second_factor.begin(act, person)
    app = pyotp.TOTP(begun.secret)
    with transaction(act.actor, act.clock):
        codes = second_factor.confirm(act, person, app.at(office().clock()))
    assert isinstance(codes, list)
    return app, codes


def prove(person: Person, code: str) -> Act | ProofRefused:
    act = unproven(person)
    with transaction(act.actor, act.clock):
        return second_factor.prove(act, code)


def test_a_money_act_on_a_page_without_a_second_factor_is_refused(app: Flask) -> None:
    person = olwen()
    with pytest.raises(Forbidden, match="second factor"):
        unproven(person).require_second_factor()
    as_person(person).require_second_factor()


def test_commands_on_the_machine_are_listed_and_not_asked(app: Flask) -> None:
    act = unproven(olwen())
    replace(act, actor=replace(act.actor, channel=Channel.COMMAND_LINE)).require_second_factor()


def test_who_has_none_is_told_to_set_one_up(app: Flask) -> None:
    found = prove(olwen(), "123456")
    assert isinstance(found, ProofRefused)
    assert found.code == "second_factor_missing"


def test_a_code_proves_one_act_and_not_a_second(app: Flask, clock: FixedClock) -> None:
    person = olwen()
    authenticator, _codes = set_up(person)
    clock.advance(minutes=1)
    code = authenticator.at(clock())
    proven = prove(person, code)
    assert isinstance(proven, Act)
    assert proven.proven
    assert isinstance(prove(person, code), ProofRefused)


def test_control_without_the_kept_step_a_code_would_be_good_twice(
    app: Flask, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = olwen()
    authenticator, _codes = set_up(person)
    clock.advance(minutes=1)
    monkeypatch.setattr(
        second_factor, "_uses_step", lambda act, live, code: second_factor._step_of(act, live, code) is not None
    )
    assert isinstance(prove(person, authenticator.at(clock())), Act)
    assert isinstance(prove(person, authenticator.at(clock())), Act)


def test_a_refused_act_gives_its_code_back(app: Flask, clock: FixedClock) -> None:
    person = olwen()
    authenticator, _codes = set_up(person)
    clock.advance(minutes=1)
    act = unproven(person)

    def prove_and_be_refused() -> None:
        with transaction(act.actor, act.clock):
            second_factor.prove(act, authenticator.at(clock()))
            raise DomainError("refused", "by a rule")

    with pytest.raises(DomainError):
        prove_and_be_refused()
    assert isinstance(prove(person, authenticator.at(clock())), Act)


def test_a_recovery_code_stands_in_once(app: Flask) -> None:
    person = olwen()
    _app, codes = set_up(person)
    assert isinstance(prove(person, codes[0].upper()), Act)
    assert isinstance(prove(person, codes[0]), ProofRefused)
    assert second_factor.recovery_codes_left(person.id) == len(codes) - 1


def test_five_wrong_codes_lock_for_a_quarter_of_an_hour(app: Flask, clock: FixedClock) -> None:
    person = olwen()
    authenticator, _codes = set_up(person)
    for _time in range(second_factor.FAILURES):
        assert isinstance(prove(person, "000000"), ProofRefused)
    clock.advance(minutes=1)
    with pytest.raises(DomainError, match="15 minutes"):
        prove(person, authenticator.at(clock()))
    clock.advance(minutes=15)
    assert isinstance(prove(person, authenticator.at(clock())), Act)


def test_control_without_kept_failures_there_is_no_limit(app: Flask) -> None:
    person = olwen()
    set_up(person)
    for _time in range(second_factor.FAILURES + 1):
        assert isinstance(prove(person, "000000"), ProofRefused)
        session.query(SecondFactorFailure).delete()
        session.commit()


def test_the_database_holds_neither_secret_nor_codes(app: Flask) -> None:
    person = olwen()
    authenticator, codes = set_up(person)
    stored = session.query(SecondFactor).one().secret + "".join(row.code_hash for row in session.query(RecoveryCode))
    assert authenticator.secret not in stored
    assert not any(code in stored for code in codes)


def test_nobody_sets_one_up_for_somebody_else(app: Flask) -> None:
    person = olwen()
    act = unproven(person)
    other = Person(name="Other", email="other@scheme.example", created_at=act.now)
    session.add(other)
    session.commit()
    with pytest.raises(DomainError, match="Only the person"), transaction(act.actor, act.clock):
        second_factor.begin(act, other)


def test_the_pages_set_one_up_and_end_it(app: Flask, client: PageClient, clock: FixedClock) -> None:
    olwen()
    enter(client, OLWEN)
    page = client.follow(client.submit(client.get("/account"), button="Set up your second factor"))
    authenticator = pyotp.TOTP(page.all("strong", class_="mono")[0].text or "")
    wrong = client.submit(page, {"Code of your second factor": "000000"}, button="Confirm", expect=422)
    assert "This code is not right." in wrong
    shown = client.submit(page, {"Code of your second factor": authenticator.at(clock())}, button="Confirm", expect=200)
    assert shown.heading == "Keep these recovery codes"
    assert "8 recovery codes left" in client.get("/account")
    clock.advance(minutes=1)
    ending = client.get("/account/second-factor/end")
    client.submit(ending, {"Code of your second factor": authenticator.at(clock())}, button="End your second factor")
    assert "Not set up" in client.get("/account")


def test_a_changed_password_signs_out_everywhere(app: Flask, client: PageClient) -> None:
    olwen()
    enter(client, OLWEN)
    page = client.get("/account/password")
    answers = {"Password that you have now": "wrong", "New password": "another lantern by the weir"}
    assert "not the password" in client.submit(page, answers, button="Change your password", expect=422)
    short = {"Password that you have now": "a lantern by the weir", "New password": "short"}
    assert "at least 12 characters" in client.submit(page, short, button="Change your password", expect=422)
    good = {**short, "New password": "another lantern by the weir"}
    client.submit(page, good, button="Change your password")
    assert client.get("/account", expect=302).location.startswith("/sign-in")  # type: ignore[union-attr]
