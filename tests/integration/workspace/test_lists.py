"""Every list of records: ordered by any of its columns, and downloaded as it is shown, by whoever may see it alone."""

from __future__ import annotations

from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk, many, outsider
from tests.integration.redemptions.pages import other_provider, signed_in, writes
from tests.integration.workspace.lists import (
    file_of,
    lists_of,
    ordered_by,
    seen_by,
    several_of_each,
    table_of,
    with_query,
)
from voucher.accounts.commands import grant_role
from voucher.accounts.rules import Role
from voucher.platform import csv as csv_files
from voucher.platform import lists, paging
from voucher.platform.clock import LONDON
from voucher.platform.db import session
from voucher.platform.money import parse_pounds
from voucher.schemes.models import Scheme

pytestmark = pytest.mark.usefixtures("sketched")


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


# Who may not


@pytest.mark.rule(3)
def test_whoever_may_not_see_a_list_cannot_download_it(app: Flask, world: World) -> None:
    owner = world.owner_of(world.issued())
    for name, path, _listing in lists_of(world):
        stranger = "fred" if name in ("ada", "pat") else "pat"
        for each in (stranger, owner):
            at_desk(app, world, each).get(with_query(path, **{"as": "csv"}), expect=403)


@pytest.mark.rule(3)
def test_a_file_holds_no_row_of_another_scheme(app: Flask, world: World) -> None:
    claim = world.payable()
    otto = at_desk(app, world, outsider(world, Role.FUNDING_MANAGER))
    for name, path, _listing in lists_of(world):
        if name == "fred" and not path.startswith("/funding/lines"):
            assert len(file_of(otto, path)) == 1, path
    assert claim.reference in str(file_of(at_desk(app, world, "fred"), "/claims-desk?state=any"))
    otto.get(with_query(lists_of(world)[-1].path, **{"as": "csv"}), expect=404)


@pytest.mark.rule(3)
def test_control_without_the_scheme_in_the_query_the_rows_of_another_would_be_in_the_file(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = world.payable()
    otto = at_desk(app, world, outsider(world, Role.FUNDING_MANAGER))
    from_all = "voucher.redemptions.views.staff_claim_pages.schemes_with"
    monkeypatch.setattr(from_all, lambda *_args: session.scalars(select(Scheme)).all())
    assert claim.reference in str(file_of(otto, "/claims-desk?state=any"))


def test_a_provider_downloads_its_own_claims_and_payments_alone(app: Flask, world: World) -> None:
    claim = world.payable()
    payment = world.paid()[0]
    other_provider(world)
    olga, pat = signed_in(app, "olga"), signed_in(app)
    assert claim.reference in str(file_of(pat, "/claims"))
    assert payment.reference in str(file_of(pat, "/remittances"))
    assert [len(file_of(olga, path)) for path in ("/claims", "/remittances")] == [1, 1]


def test_a_provider_s_files_have_what_its_books_need(app: Flask, world: World) -> None:
    claim = world.payable(net_pence=30_000)
    world.paid()
    pat = signed_in(app)
    header, row = file_of(pat, "/claims")
    booked = dict(zip(header, row, strict=True))
    assert (booked["Invoice"], booked["Date of the invoice"]) == (claim.invoice_number, claim.invoice_on.isoformat())
    assert [booked[f"{words} (£)"] for words in ("Price before VAT", "VAT", "The voucher pays")] == [
        "300.00", "60.00", "240.00",
    ]  # fmt: skip
    header, row = file_of(pat, "/remittances")
    booked = dict(zip(header, row, strict=True))
    assert booked["Claims and invoices"] == f"{claim.reference}, {claim.invoice_number}: £240.00"
    assert booked["State"] == "paid"


def test_downloading_writes_nothing(app: Flask, world: World) -> None:
    several_of_each(world)
    browsers = seen_by(app, world)
    for name, path, _listing in lists_of(world):
        assert writes(partial(file_of, browsers[name], path)) == []


# What a file says


def test_a_file_has_the_columns_and_the_rows_of_the_page(app: Flask, world: World) -> None:
    payments = several_of_each(world)
    browsers = seen_by(app, world)
    for name, path, _listing in [*lists_of(world), payments]:
        if path == "/claims":
            continue  # It is made for a phone and has no table.
        heads, rows = table_of(browsers[name].get(path))
        header, *lines = file_of(browsers[name], path)
        assert [words.removesuffix(" (£)") for words in header] == [words for words in heads if words != "Tick"], path
        assert len(lines) == len(rows) >= (1 if path == payments.path else 2), path


def test_a_file_has_the_rows_of_all_pages_that_the_filters_leave(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE", 2)
    monkeypatch.setattr(lists, "CHUNK", 2)
    world.payable()
    many(lambda: world.claimed(world.issued(), 6_000), 5)
    fred = at_desk(app, world, "fred")
    assert len(table_of(fred.get("/claims-desk?state=any"))[1]) == 2
    assert len(file_of(fred, "/claims-desk?state=any", page="2")) == 1 + 6
    assert [row[4] for row in file_of(fred, "/claims-desk?state=approved")[1:]] == ["approved"]


def test_money_is_plain_pounds_and_stays_a_number_below_zero_too(app: Flask, world: World) -> None:
    world.bank_line(-123_456, "OUT")
    world.bank_line(5, "IN")
    header, *rows = file_of(at_desk(app, world, "fred"), "/bank-lines", sort="amount")
    assert header[4:] == ["Amount (£)", "Unexplained (£)"]
    assert [row[4:] for row in rows] == [["-1234.56", "1234.56"], ["0.05", "0.05"]]


def test_days_and_times_are_those_of_london(app: Flask, world: World) -> None:
    world.issued()
    (row,) = file_of(at_desk(app, world, "fred"), "/applications?state=any")[1:]
    (voucher,) = file_of(at_desk(app, world, "fred"), "/vouchers-desk")[1:]
    assert row[4] == world.clock().astimezone(LONDON).strftime("%Y-%m-%d %H:%M")
    assert len(voucher[3]) == len("2026-03-14")


@pytest.mark.rule(70)
def test_what_a_spreadsheet_might_run_is_defused(app: Flask, world: World) -> None:
    for words in ("=1+1", "+1", "-1", "@SUM(A1)"):
        world.bank_line(-100, words)
    rows = file_of(at_desk(app, world, "fred"), "/bank-lines", sort="reference")[1:]
    assert {row[1] for row in rows} == {"'=1+1", "'+1", "'-1", "'@SUM(A1)"}


@pytest.mark.rule(70)
def test_control_without_the_writer_s_care_a_formula_would_be_in_the_file(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bank_line(-100, "=1+1")
    monkeypatch.setattr(csv_files, "neutralise", lambda text: text)
    assert file_of(at_desk(app, world, "fred"), "/bank-lines")[1][1] == "=1+1"


def test_a_list_that_is_too_long_is_refused_in_words_and_not_cut(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_ROWS", 2)
    many(lambda: world.bank_line(-100, "A"), 2)
    fred = at_desk(app, world, "fred")
    assert len(file_of(fred, "/bank-lines")) == 3
    world.bank_line(-100, "B")
    assert "at most 2" in fred.get("/bank-lines")
    page = fred.get("/bank-lines?as=csv", expect=422)
    assert "The list has more than 2 rows. Narrow it with the filters, then download it." in page


# Order


def test_every_list_can_be_ordered_by_its_columns_both_ways(app: Flask, world: World) -> None:
    payments = several_of_each(world)
    browsers = seen_by(app, world)
    for name, path, listing in [*lists_of(world), payments]:
        for key in [column.key for column in listing.columns if column.key]:
            there = file_of(browsers[name], path, sort=key)[1:]
            back = file_of(browsers[name], path, sort=f"-{key}")[1:]
            assert sorted(there) == sorted(back), (path, key)
            of_key = [column.key for column in listing.columns].index(key)
            filled = [[row for row in rows if row[of_key]] for rows in (there, back)]
            assert filled[0] == filled[1][::-1], (path, key)


def test_amounts_are_ordered_as_numbers_and_what_is_missing_comes_last(app: Flask, world: World) -> None:
    for pence in (-900, -10_000, 50):
        world.bank_line(pence, "A")
    fred = at_desk(app, world, "fred")
    for sort, way in (("amount", 1), ("-amount", -1)):
        amounts = [parse_pounds(row[4]) for row in table_of(fred.get("/bank-lines", query={"sort": sort}))[1]]
        assert amounts == [-10_000, -900, 50][::way]
    several_of_each(world)
    assert [row[6] != "" for row in file_of(fred, "/batches", sort="-approver")[1:]] == [True, True]


def test_the_usual_order_is_the_one_that_the_heads_name(app: Flask, world: World) -> None:
    payments = several_of_each(world)
    browsers = seen_by(app, world)
    for name, path, listing in [*lists_of(world), payments]:
        assert file_of(browsers[name], path) == file_of(browsers[name], path, sort=listing.usual)
        if path != "/claims":
            ways = list(ordered_by(browsers[name].get(path)).values())
            assert sorted(set(ways)) in (["ascending", "none"], ["descending", "none"]), path
            assert len(ways) - ways.count("none") == 1


def test_a_head_leads_to_the_other_way_round_and_keeps_the_filters(app: Flask, world: World) -> None:
    many(lambda: world.claimed(world.issued(), 6_000), 2)
    fred = at_desk(app, world, "fred")
    page = fred.click(fred.get("/claims-desk?state=any&page=1"), "The voucher pays")
    assert ordered_by(page)["The voucher pays"] == "ascending"
    page = fred.click(page, "The voucher pays")
    assert ordered_by(page)["The voucher pays"] == "descending"
    assert page.path == "/claims-desk?state=any&sort=-pays"
    assert "state=any&sort=-pays&as=csv" in page.links["Download these rows (CSV)"]


def test_an_order_that_a_list_does_not_have_changes_nothing(app: Flask, world: World) -> None:
    world.issued()
    fred = at_desk(app, world, "fred")
    for sort in ("nonsense", "-", "--sent", "", "id); DROP TABLE voucher"):
        assert file_of(fred, "/applications?state=any", sort=sort) == file_of(fred, "/applications?state=any")


def test_an_address_with_the_names_of_our_own_functions_does_no_harm(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE", 1)
    many(lambda: world.bank_line(-100, "A"), 2)
    page = at_desk(app, world, "fred").get("/bank-lines?endpoint=x&_external=1&_anchor=y&_scheme=http")
    assert page.links["Next page"].startswith("/bank-lines?")


def test_pages_follow_one_another_in_the_order_asked_for(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE", 2)
    for pence in (30, 10, 20):
        world.bank_line(pence, "A")
    fred = at_desk(app, world, "fred")
    page = fred.get("/bank-lines?sort=-amount")
    following = fred.click(page, "Next page")
    assert [row[4] for each in (page, following) for row in table_of(each)[1]] == ["£0.30", "£0.20", "£0.10"]


def test_a_provider_chooses_the_order_of_its_claims_in_the_filters(app: Flask, world: World) -> None:
    small, large = (world.claimed(world.issued(), net) for net in (6_000, 9_000))
    pat = signed_in(app)
    for sort, first in (("pays", small), ("-pays", large), ("sent", small), ("nonsense", large)):
        page = pat.get("/claims", query={"sort": sort})
        assert f"Claim {first.reference}" == page.all("li")[0].findtext("h2/a"), sort


# Schemes


def test_whoever_works_in_several_schemes_narrows_the_lists_to_one(app: Flask, world: World) -> None:
    claim = world.claimed(world.issued())
    outsider(world, Role.FUNDING_MANAGER)
    with_both(world)
    client = at_desk(app, world, "fred")
    for path in ("/applications?state=any", "/claims-desk?state=any", "/vouchers-desk", "/providers-desk"):
        assert len(file_of(client, path, scheme="NTT")) == 2, path
        assert len(file_of(client, path, scheme="OTH")) == 1, path
        assert len(file_of(client, path)) == 2, path
        assert "Other Tech" in client.get(path)
        assert "Other Tech" not in at_desk(app, world, "vera").get(path)
    assert claim.reference in str(file_of(client, "/claims-desk?state=any", scheme="NTT"))


def with_both(world: World) -> None:
    """Fred manages the funds of the other scheme too."""
    other = session.scalars(select(Scheme).where(Scheme.reference == "OTH")).one()
    world.do("ada", grant_role, world.people["fred"], Role.FUNDING_MANAGER, scheme_id=other.id)


def test_filters_keep_the_scheme_that_is_worked_in_and_the_order(app: Flask, world: World) -> None:
    outsider(world, Role.FUNDING_MANAGER)
    with_both(world)
    page = at_desk(app, world, "fred").get("/bank-lines?scheme=OTH&sort=party")
    kept = {field.get("name"): field.get("value") for field in page.all("input", type="hidden")}
    assert kept["scheme"] == "OTH"
    assert kept["sort"] == "party"
    assert page.links["Clear"] == "/bank-lines?scheme=OTH"
