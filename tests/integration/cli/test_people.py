"""People and roles by commands."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.cli.shell import Shell
from tests.integration.cli.town import ADA, BOB, GWEN, OLWEN, PASSWORD, PRUE, Town
from voucher.accounts.queries import person_by_email
from voucher.accounts.sign_in import SignedIn, SignInRefused, sign_in
from voucher.app import office
from voucher.audit.commands import transaction
from voucher.platform.actor import WORKER

TownAt = Callable[[str], Town]
CREATE = ("create-admin", "--name", "Olwen Parry", "--email", OLWEN)


def signs_in(shell: Shell, email: str, password: str) -> bool:
    with shell.inside():
        act = office().act(WORKER)
        with transaction(act.actor, act.clock):
            result = sign_in(act, email=email, password=password, address="192.0.2.7")
    assert isinstance(result, (SignedIn, SignInRefused))
    return isinstance(result, SignedIn)


def test_the_first_administrator_is_made_once(shell: Shell) -> None:
    shell.run(*CREATE, "--password-stdin", stdin=f"{PASSWORD}\n")
    assert shell.refusal(*CREATE, "--password-stdin", stdin=PASSWORD)["code"] == "not_the_first"
    assert signs_in(shell, OLWEN, PASSWORD)


def test_a_password_is_asked_for_twice_and_never_shown(shell: Shell) -> None:
    result = shell.run(*CREATE, stdin=f"{PASSWORD}\n{PASSWORD}\n")
    assert PASSWORD not in result.output
    assert signs_in(shell, OLWEN, PASSWORD)


def test_a_short_password_and_none_at_all_make_nobody(shell: Shell) -> None:
    before = shell.rows()
    assert shell.refusal(*CREATE, "--password-stdin", stdin="short")["field"] == "password"
    assert "Nothing came on standard input" in shell.run(*CREATE, "--password-stdin", stdin="", expect=2).stderr
    assert shell.rows() == before


def test_a_new_password_is_set_by_oneself_or_an_administrator_and_by_nobody_else(town_at: TownAt) -> None:
    shell = town_at("scheme").shell
    shell.run("person", "password", ADA, "--password-stdin", stdin=PASSWORD, by=OLWEN)
    assert signs_in(shell, ADA, PASSWORD)
    error = shell.refusal("person", "password", ADA, "--password-stdin", stdin="a boat in a bottle", by=GWEN)
    assert error["code"] == "no_permission"
    assert not signs_in(shell, ADA, "a boat in a bottle")
    shell.run("person", "password", ADA, "--password-stdin", stdin="a boat in a bottle", by=ADA)
    assert signs_in(shell, ADA, "a boat in a bottle")


def test_a_person_may_be_added_without_a_password(town_at: TownAt) -> None:
    shell = town_at("scheme").shell
    words = ("person", "add", "--name", "Ned", "--email", "Ned@Northtyne.example", "--phone", "0191 496 0842")
    assert shell.ask(*words, by=OLWEN) == {"email": "ned@northtyne.example", "name": "Ned"}
    with shell.inside():
        ned = person_by_email("ned@northtyne.example")
        assert (ned.phone, ned.password_hash) == ("+441914960842", None)


def test_roles_are_listed_as_they_were_held_on_a_day(town_at: TownAt) -> None:
    shell = town_at("scheme").shell
    shell.clock.advance(days=2)
    shell.run("role", "end", ADA, "assessor", "--reason", "has left", by=OLWEN)
    shell.clock.advance(days=1)
    for day, held in (("2026-04-06", 0), ("2026-04-08", 1), ("2026-04-09", 1), ("2026-04-10", 0)):
        rows = shell.ask("role", "list", "--on", day, by=OLWEN)
        assert [row["role"] for row in rows if row["email"] == ADA] == ["assessor"] * held
    assert shell.refusal("role", "end", ADA, "assessor", "--reason", "again", by=OLWEN)["code"] == "role_not_held"


def test_a_role_for_an_organisation_names_it_in_the_list(town_at: TownAt) -> None:
    town = town_at("provider")
    rows = {row["email"]: row for row in town.shell.ask("role", "list", by=OLWEN)}
    assert rows[PRUE]["organisation"] == town.told["provider"]
    assert (rows[PRUE]["scheme"], rows[GWEN]["scheme"], rows[OLWEN]["scheme"]) == (None, "NTT", None)


def test_a_role_is_held_in_its_right_place_only(town_at: TownAt) -> None:
    shell = town_at("provider").shell
    assert shell.refusal("role", "grant", PRUE, "provider scanner", by=OLWEN)["code"] == "organisation_needed"
    assert (
        "--organisation"
        in shell.run("role", "grant", ADA, "verifier", "--organisation", "X", by=OLWEN, expect=2).stderr
    )
    error = shell.refusal("role", "grant", PRUE, "provider scanner", "--organisation", "ORG-P-0000-0000", by=OLWEN)
    assert error["code"] == "no_organisation"


def test_only_an_administrator_gives_roles(town_at: TownAt) -> None:
    shell = town_at("voucher").shell
    for who in (GWEN, BOB):
        assert shell.refusal("role", "grant", who, "signer", by=who)["code"] == "no_permission"
