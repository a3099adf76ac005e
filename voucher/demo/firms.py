"""The firms of the demo: made up, in the towns of its scheme, with numbers and addresses that are well-formed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

BUSINESSES = (
    ("Hebden Wheel Bakery Ltd", "00712345", "3 Mill Row", "Hebden Bridge", "HX7 8AD", "Priya Shah", "priya"),
    ("Otley Saddle and Strap Ltd", "00834512", "14 Kirkgate", "Otley", "LS21 3HN", "Tom Brear", "tom"),
    ("Calder Flow Plumbing Ltd", "00956781", "2 Wharf Street", "Sowerby Bridge", "HX6 2AG", "Lena Okafor", "lena"),
    ("Saltaire Letterpress Ltd", "01045678", "9 Victoria Road", "Shipley", "BD18 3LA", "Idris Khan", "idris"),
    ("Malham Cheese Company Ltd", "01123456", "Cove Barn", "Skipton", "BD23 4DJ", "Ruth Ambler", "ruth"),
    ("Tŷ Gŵyr Coffee Ltd", "01267890", "21 Boar Lane", "Leeds", "LS1 5DA", "Gwenllian Rees", "gwen"),
    ("Kirklees Cycle Works Ltd", "01389012", "Unit 4, Bridge Mills", "Huddersfield", "HD1 3BL", "Sam Ogden", "sam.o"),
    ("Whitby Jet Studio Ltd", "01456789", "77 Church Street", "Whitby", "YO22 4AS", "Nell Storr", "nell"),
)


_TOWNS = (
    ("Halifax", "HX1 5"), ("Leeds", "LS2 7"), ("Wakefield", "WF1 2"), ("Bradford", "BD1 4"), ("Huddersfield", "HD1 2"),
    ("York", "YO1 9"), ("Keighley", "BD21 3"), ("Mytholmroyd", "HX7 5"), ("Batley", "WF17 5"), ("Ilkley", "LS29 8"),
    ("Brighouse", "HD6 1"), ("Pontefract", "WF8 1"), ("Morley", "LS27 9"), ("Dewsbury", "WF13 1"), ("Otley", "LS21 1"),
    ("Elland", "HX5 0"), ("Selby", "YO8 4"), ("Pudsey", "LS28 7"), ("Holmfirth", "HD9 3"), ("Castleford", "WF10 1"),
)  # fmt: skip
_TRADES = (
    "Joinery", "Garage Services", "Florists", "Upholstery", "Tea Rooms", "Dental Laboratory", "Sign Makers",
    "Pet Supplies", "Roofing", "Opticians", "Brewing Company", "Print Works", "Electrical", "Day Nursery",
    "Furniture Makers", "Physiotherapy", "Landscapes", "Bookshop", "Precision Engineering", "Dry Cleaners",
    "Kitchens", "Textile Mending", "Picture Framing",
)  # fmt: skip
_STREETS = (
    "Northgate",
    "Mill Lane",
    "Station Road",
    "Wharf Street",
    "Commercial Street",
    "Bridge End",
    "Albion Street",
)
_FIRST = (
    "Amina", "George", "Ffion", "Hassan", "Joan", "Kamil", "Beth", "Owen", "Sunita", "Dennis", "Yasmin", "Peter",
    "Grace", "Marek", "Olive", "Imran", "Rose",
)  # fmt: skip
_LAST = (
    "Hirst", "Akhtar", "Priestley", "Kowalska", "Bairstow", "Mahmood", "Ellis", "Oyelaran", "Sykes", "Ramsden",
    "Begum", "Haigh", "Novak", "Firth", "Jagger", "Lumb", "Dhillon", "Crowther", "Shaw",
)  # fmt: skip
MOST = len(_TOWNS) * len(_TRADES)


class Firm(NamedTuple):
    """A provider of the demo with the person who acts for it: name, company number, e-mail, sort code, account."""

    name: str
    number: str
    person: str
    email: str
    sort_code: str
    account: str
    packages: tuple[tuple[str, str, str, int, int], ...]
    """Each with its code, name, description, price in pence before VAT, and minutes."""
    supplier_number: str
    payee_check: tuple[str, str] = ("match", "")
    """What Confirmation of Payee says to its account, and why the account is right all the same."""


AIRE = Firm(
    "Aire Digital Workshop Ltd", "09123456", "Pat Illingworth", "pat@airedigital.example", "20-00-00", "55779911",
    (
        ("SHOP", "First web shop", "A web shop with ten products, and an hour of training", 100_000, 480),
        ("BOOK", "Online booking", "Booking and payment on your own site, with reminders by text", 85_000, 360),
        ("STOCK", "Stock and till that talk", "Till, stock and accounts joined, with a first count", 95_000, 420),
    ),
    "V0041872",
)  # fmt: skip
CALDER = Firm(
    "Calder Systems Co-operative Ltd", "09234567", "Noor Hussain", "noor@caldersystems.example", "20-00-00", "63849203",
    (
        ("CYBER", "Cyber security check", "Passwords, backups and e-mail looked through, and a plan", 78_000, 300),
        ("BOOKS", "Accounts in the cloud", "Your books moved to the cloud, and two people trained", 96_000, 420),
    ),
    "V0041880",
    ("close match", "The bank has it as Calder Systems Co-op Ltd, which is how the firm signs its letters."),
)  # fmt: skip
PENNINE = Firm(
    "Pennine Till Company Ltd", "09345678", "Gareth Womersley", "gareth@penninetill.example", "20-00-00", "71204486",
    (("TILL", "A till that takes cards", "A till with card reader, set up with your price list", 90_000, 240),),
    "V0042015",
    ("unavailable", "Its bank gives no answer to such checks; the letter of the bank names the firm and the account."),
)  # fmt: skip
PROVIDERS = (AIRE, CALDER, PENNINE)


def made_ones() -> Iterator[tuple[str, ...]]:
    """More businesses than the named ones, no two with one name, number or contact.

    Their company numbers lie far above any that Companies House has given, so that no real firm is meant.
    """
    return map(_made, range(MOST))


def _made(n: int) -> tuple[str, ...]:
    town, postcode = _TOWNS[n % len(_TOWNS)]
    trade = _TRADES[(n + n // len(_TOWNS)) % len(_TRADES)]
    first, last = _FIRST[n % len(_FIRST)], _LAST[n % len(_LAST)]
    again = n // (len(_FIRST) * len(_LAST))
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    ending = letters[n % len(letters)] + letters[(n * 7 + 3) % len(letters)]
    return (
        f"{town} {trade} Ltd", f"9{9_000_000 - n * 3_571 % 8_000_000:07d}",
        f"{n % 89 + 2} {_STREETS[n % len(_STREETS)]}", town, f"{postcode}{ending}", f"{first} {last}",
        f"{first}.{last}{again or ''}".lower(),
    )  # fmt: skip
