"""The measurements by their names."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence

from scripts.benchmarks import bank, bulk, claims, matching, pages, statement, statement_lines
from scripts.benchmarks.figures import machine
from scripts.benchmarks.place import ENGINES

CLAIMS, CLIENTS, ROWS, VOUCHERS, VISITS = 300, (1, 4, 16), 10_000, 100_000, 10
LINES = (1_000, 10_000, 50_000)
MATCHED = (1_000, 10_000)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the measurement that was named and prints its figures."""
    given = _parser().parse_args(arguments)
    logging.disable(logging.INFO)  # A line for each request would hide the figures.
    try:
        print(machine())
        _measure(given)
    finally:
        logging.disable(logging.NOTSET)


def _measure(given: argparse.Namespace) -> None:
    match given.what:
        case "claims":
            for engine in given.engines:
                claims.measure(engine, given.claims, given.clients)
        case "bulk":
            for engine in given.engines:
                bulk.measure(engine, given.rows)
        case "bank":
            for engine in given.engines:
                bank.measure(engine, given.lines)
        case "matching":
            matching.measure(given.lines)
        case "pages":
            pages.measure(given.vouchers, given.visits)
        case "statement":
            _measure_statements(given)


def _measure_statements(given: argparse.Namespace) -> None:
    statement.measure(given.lines)
    if given.ledger:
        statement_lines.measure(given.ledger)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures the product and prints figures.")
    kinds = parser.add_subparsers(dest="what", required=True)
    claim = kinds.add_parser("claims", help="claims through HTTP against raw SQL of the same writes")
    claim.add_argument("--claims", type=int, default=CLAIMS, help="how many each number of clients hands in")
    claim.add_argument("--clients", type=_numbers, default=CLIENTS, help="how many at once, like 1,4,16")
    many = kinds.add_parser("bulk", help="businesses, offers and vouchers by file")
    many.add_argument("--rows", type=int, default=ROWS)
    lines = kinds.add_parser("bank", help="bank lines imported from files against raw SQL of the same rows")
    lines.add_argument("--lines", type=int, default=ROWS, help="how many each file has")
    for each in (claim, many, lines):
        each.add_argument("--engines", type=_engines, default=ENGINES, help="postgresql,sqlite")
    matched = kinds.add_parser(
        "matching", help="bank lines matched in one act against SQL of the same rows, on PostgreSQL"
    )
    matched.add_argument("--lines", type=_numbers, default=MATCHED, help="how many payments each time, like 1000,10000")
    visits = kinds.add_parser("pages", help="pages at many vouchers, on PostgreSQL")
    visits.add_argument("--vouchers", type=int, default=VOUCHERS)
    visits.add_argument("--visits", type=int, default=VISITS, help="how often each page is opened")
    drawn = kinds.add_parser("statement", help="the PDF of a statement, beside WeasyPrint and ReportLab alone")
    drawn.add_argument("--lines", type=_numbers, default=LINES, help="how long its annex is, like 1000,10000")
    drawn.add_argument("--ledger", type=int, default=0, help="reads lines out of the ledger of so many vouchers, too")
    return parser


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in text.split(",") if each)


def _engines(text: str) -> tuple[str, ...]:
    chosen = tuple(text.split(","))
    if not set(chosen) <= set(ENGINES):
        raise argparse.ArgumentTypeError(f"choose from {', '.join(ENGINES)}")
    return chosen


if __name__ == "__main__":
    main()
