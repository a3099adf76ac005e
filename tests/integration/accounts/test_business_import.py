"""Businesses from a file: all or nothing, each once, with the person who speaks for it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from voucher.accounts import business_import
from voucher.accounts.business_import import BusinessImport, import_businesses
from voucher.accounts.models import Membership, Person
from voucher.accounts.queries import members_of
from voucher.accounts.rules import Role
from voucher.documents.models import ImportedFile
from voucher.organisations.identifiers import IdentifierKind
from voucher.organisations.models import Organisation
from voucher.organisations.queries import organisation_by_identifier
from voucher.platform.db import session
from voucher.platform.dry_run import DryRun
from voucher.platform.errors import Conflict, FileRefused, Forbidden

HEADER = "name,company_number,vat_number,utr,postcode,contact_name,contact_email,legal_form,group"
BAKERY = "Otley Bakery Ltd,9100001,,,LS21 1AA,Ann Hill,Ann@Otley.example,,"
DAIRY = "Ilkley Dairy Ltd,9100002,GB831495816,,LS29 8DT,Ben Moor,ben@ilkley.example,,"
KNIFE_GRINDER = "Cal Reed,,,,LS21 1AA,Cal Reed,cal@reed.example,sole trader,"
HOUSE = (
    "CompanyName,CompanyNumber,CompanyCategory,CompanyStatus,RegAddress.AddressLine1,RegAddress.PostTown,"
    "RegAddress.PostCode,SICCode.SicText_1"
)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def file_of(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows]).encode()


def take_in(world: World, *rows: str, header: str = HEADER) -> BusinessImport:
    return world.do("asha", import_businesses, world.scheme, file_of(*rows, header=header), "businesses.csv")


def refused(world: World, *rows: str) -> list[tuple[int, str]]:
    with pytest.raises(FileRefused) as refusal:
        take_in(world, *rows)
    return [(fault.row, fault.column) for fault in refusal.value.faults]


def by_number(number: str) -> Organisation:
    found = organisation_by_identifier(IdentifierKind.COMPANY_NUMBER, number)
    assert found is not None
    return found


def how_many() -> int:
    return session.scalar(select(func.count()).select_from(Organisation)) or 0


def test_only_who_decides_offers_in_the_scheme_takes_businesses_in(world: World) -> None:
    for name in ("vera", "pat", "ada", "shay"):
        with pytest.raises(Forbidden):
            world.do(name, import_businesses, world.scheme, file_of(BAKERY), "businesses.csv")


def test_each_business_comes_in_with_its_contact(world: World) -> None:
    assert take_in(world, BAKERY, DAIRY, KNIFE_GRINDER) == BusinessImport(3, 3, 0, 3, 0)
    bakery = by_number("09100001")
    assert (bakery.name, bakery.legal_form, bakery.postcode) == ("Otley Bakery Ltd", "company", "LS21 1AA")
    contacts = members_of(bakery.id, world.clock(), Role.BUSINESS_MEMBER)
    assert [(person.name, person.email) for person in contacts] == [("Ann Hill", "ann@otley.example")]


def test_a_known_business_is_left_as_it_is(world: World) -> None:
    take_in(world, BAKERY)
    again = BAKERY.replace("Otley Bakery Ltd", "Renamed Ltd").replace("Ann@Otley", "zoe@otley")
    assert take_in(world, again, DAIRY) == BusinessImport(2, 1, 1, 1, 0)
    bakery = by_number("09100001")
    assert bakery.name == "Otley Bakery Ltd"
    assert len(members_of(bakery.id, world.clock(), Role.BUSINESS_MEMBER)) == 1


def test_a_business_is_known_by_its_vat_number_under_either_country(world: World) -> None:
    take_in(world, DAIRY)
    found = take_in(world, "Ilkley Dairy,,XI831495816,,LS29 8DT,Ben Moor,ben@ilkley.example,company,")
    assert (found.new, found.known) == (0, 1)


def test_a_sole_trader_without_a_number_is_known_by_name_and_postcode(world: World) -> None:
    take_in(world, KNIFE_GRINDER)
    elsewhere = KNIFE_GRINDER.replace("LS21 1AA", "LS22 6LN").replace("cal@", "callum@")
    assert take_in(world, KNIFE_GRINDER, elsewhere) == BusinessImport(2, 1, 1, 1, 0)
    assert refused(world, KNIFE_GRINDER, BAKERY, KNIFE_GRINDER) == [(4, "name")]


def test_numbers_of_two_known_businesses_in_one_row_are_a_fault(world: World) -> None:
    take_in(world, BAKERY, DAIRY)
    both = "Otley Bakery Ltd,9100001,GB831495816,,LS21 1AA,Ann Hill,ann@otley.example,,"
    assert refused(world, both) == [(2, "vat_number")]


def test_faults_of_the_cells_and_of_what_is_known_are_told_in_one_pass_and_nothing_is_kept(world: World) -> None:
    take_in(world, BAKERY, DAIRY)
    before = how_many()
    found = refused(
        world,
        "Otley Bakery Ltd,9100001,GB831495816,,LS21 1AA,Ann Hill,ann@otley.example,,",
        "New Ltd,9100003,,,LS21,Dee Fox,dee@new.example,,",
        "Newer Ltd,9100004,,,LS21 1AA,Pat,pat@provider.example,,",
        "Newest Ltd,9100005,,,LS21 1AA,Eve Lark,eve@newest.example,,",
    )
    assert found == [(2, "vat_number"), (3, "postcode"), (4, "contact_email")]
    assert how_many() == before
    assert session.scalar(select(func.count()).select_from(ImportedFile)) == 1


def test_the_same_file_is_taken_in_once(world: World) -> None:
    take_in(world, BAKERY)
    with pytest.raises(Conflict) as refusal:
        take_in(world, BAKERY)
    assert refusal.value.code == "file_seen"


def test_control_without_the_note_the_same_file_is_taken_in_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(business_import, "note_import", lambda *_args, **_named: None)
    take_in(world, BAKERY)
    assert take_in(world, BAKERY).known == 1


@pytest.mark.rule(15)
def test_nobody_of_a_provider_speaks_for_a_business(world: World) -> None:
    assert refused(world, BAKERY.replace("Ann@Otley.example", "Pat@Provider.example")) == [(2, "contact_email")]


@pytest.mark.rule(15)
def test_control_without_the_bar_a_provider_could_confirm_as_the_business(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(business_import, "provider_addresses", frozenset)
    take_in(world, BAKERY.replace("Ann@Otley.example", "Pat@Provider.example"))
    roles = session.scalars(
        select(Membership.role).join(Person, Person.id == Membership.person_id).where(Person.email.startswith("pat@"))
    )
    assert set(roles) == {Role.PROVIDER_MANAGER, Role.BUSINESS_MEMBER}


def test_one_person_may_speak_for_several_businesses_however_the_address_is_written(world: World) -> None:
    take_in(world, BAKERY, DAIRY.replace("ben@ilkley.example", "ANN@otley.example"))
    assert session.scalar(select(func.count()).select_from(Person).where(Person.name == "Ann Hill")) == 1


def test_a_group_is_one_enterprise(world: World) -> None:
    take_in(world, f"{BAKERY}Hill family", f"{DAIRY}Hill family")
    assert by_number("09100001").enterprise_id == by_number("09100002").enterprise_id


def test_companies_houses_own_file_needs_no_contacts(world: World) -> None:
    row = "OTLEY BAKERY LTD,09100001,Private Limited Company,Active,1 MILL LANE,OTLEY,LS21 1AA,10710 - Bread"
    assert take_in(world, row, header=HOUSE) == BusinessImport(1, 1, 0, 0, 1)


def test_a_dry_run_shows_the_same_and_leaves_nothing(world: World) -> None:
    before = how_many()
    with pytest.raises(DryRun) as dry, world.by("asha") as act:
        raise DryRun(import_businesses(act, world.scheme, file_of(BAKERY, DAIRY), "businesses.csv"))
    assert dry.value.found == BusinessImport(2, 2, 0, 2, 0)
    assert how_many() == before
    assert take_in(world, BAKERY, DAIRY) == dry.value.found
