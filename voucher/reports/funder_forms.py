"""A funder's own form: a spreadsheet whose cells are filled with the frozen figures of a signed statement."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy import select

from voucher.audit.commands import record
from voucher.documents.commands import RETAINED_STATEMENT, keep_workbook
from voucher.funding.models import Agreement
from voucher.outputs.queries import newest_set
from voucher.platform import csv as csv_files
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.csv import Cell
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Fault, FileRefused, NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import in_pounds
from voucher.platform.xlsx import FormRefused, fill_form, open_form, place_in
from voucher.reports.commands import data_of
from voucher.reports.comparing import parts_of
from voucher.reports.models import FunderForm, Statement
from voucher.reports.rules import FROZEN

Row = Mapping[str, object]
HEADER = frozenset(
    {
        "scheme", "scheme_reference", "owner", "funder", "agreement", "statement", "sequence", "period_from",
        "period_to", "prepared_by", "prepared_at",
    }
)  # fmt: skip
OUTPUT = ("target", "this_period", "to_date", "evidenced", "unevidenced")
LINE = re.compile(r"[0-9]{1,2}[a-z]{0,2}(@(?P<pot>[A-Z0-9][A-Z0-9_-]*))?")


def add_form(act: Act, agreement: Agreement, *, template: bytes, name: str, cells: bytes) -> FunderForm:
    """Keeps a funder's form, with a CSV file that names a figure for each cell: columns ``cell`` and ``figure``.

    A figure is a line (``7``, ``7a``), a line on one funding line (``7@CAP``), an indicator (``E12.to_date``) or a part
    of the heading (``header.period_from``). Raises FileRefused with every fault of either file, and nothing is kept.
    """
    act.require(Permission.FUNDING_AGREEMENTS_MANAGE, scheme_id=agreement.scheme_id)
    mapping = read_cells(agreement, template, cells)
    agreement = session.get_one(Agreement, agreement.id, with_for_update=True, populate_existing=True)
    before = newest_form(agreement.id)
    document = keep_workbook(
        act, scheme_id=agreement.scheme_id, data=template, name=name, retention_class=RETAINED_STATEMENT
    )
    form = FunderForm(
        scheme_id=agreement.scheme_id,
        agreement_id=agreement.id,
        version=before.version + 1 if before else 1,
        document_id=document.id,
        cells=mapping,
        added_by=act.person_id,
        added_at=act.now,
    )
    session.add(form)
    details = {"version": form.version, "cells": len(mapping), "sha256": document.sha256}
    record(act.actor, "agreement.form_added", agreement, at=act.now, details=details)
    session.flush()
    return form


def read_cells(agreement: Agreement, template: bytes, cells: bytes) -> dict[str, str]:
    """Which cell of the form holds which figure; raises FileRefused with every fault of both files."""
    try:
        book = open_form(template)
    except FormRefused as refused:
        raise FileRefused([Fault(0, "form", str(refused))]) from refused
    table, faults = csv_files.scan_table(cells)
    faults += [
        Fault(1, name, said("The column %(name)s is missing.", name=name))
        for name in ("cell", "figure")
        if name not in table.header
    ]
    if faults:
        raise FileRefused(faults)
    found: dict[str, str] = {}
    for number, row in table.rows:
        cell, figure = row["cell"].strip(), row["figure"].strip()
        try:
            place_in(book, cell)
        except FormRefused as refused:
            faults.append(Fault(number, "cell", str(refused)))
        if cell in found:
            faults.append(Fault(number, "cell", said("%(cell)s is there twice: a cell holds one figure.", cell=cell)))
        wrong = _why_unknown(agreement, figure)
        if wrong:
            faults.append(Fault(number, "figure", wrong))
        found[cell] = figure
    if not found and not faults:
        faults.append(Fault(1, "cell", _("No cell is named: give a row for each.")))
    if faults:
        raise FileRefused(faults)
    return found


def _why_unknown(agreement: Agreement, figure: str) -> str | None:
    kind, _dot, name = figure.rpartition(".")
    if kind == "header":
        return (
            None
            if name in HEADER
            else said("The heading has no %(name)s: choose one of %(known)s.", name=name, known=sorted(HEADER))
        )
    if kind:
        known = newest_set(agreement.id)
        if kind not in [each.code for each in (known.indicators if known else ())]:
            return said("The agreement has no indicator %(kind)s.", kind=kind)
        return (
            None
            if name in OUTPUT
            else said("An indicator has no %(name)s: choose one of %(known)s.", name=name, known=tuple(OUTPUT))
        )
    line = LINE.fullmatch(figure)
    if line is None:
        return said(
            "%(nothing)s is no figure: give a line like 7a, 7@CAP, E12.to_date or header.period_from.",
            nothing=figure or "Nothing",
        )
    if line["pot"] and line["pot"] not in [each.code for each in agreement.lines]:
        return said("The agreement has no funding line %(pot)s.", pot=line["pot"])
    return None


def newest_form(agreement_id: int) -> FunderForm | None:
    """The agreement's form that counts."""
    return session.scalar(
        select(FunderForm).where(FunderForm.agreement_id == agreement_id).order_by(FunderForm.version.desc()).limit(1)
    )


def forms_of(agreement_id: int) -> Sequence[FunderForm]:
    """Every version of the agreement's form, newest first."""
    return session.scalars(
        select(FunderForm).where(FunderForm.agreement_id == agreement_id).order_by(FunderForm.version.desc())
    ).all()


def filled_form(act: Act, statement: Statement) -> bytes:
    """The funder's form with the figures of a signed statement, from its frozen data and from nothing else.

    Raises NotFound for an agreement without a form, and DomainError for a statement that is not signed, or for a form
    that asks for a figure which this statement does not have.
    """
    form = newest_form(statement.agreement_id)
    if form is None:
        raise NotFound("no_form", _("The funder of this agreement has no form of its own here."))
    if statement.state not in FROZEN:
        raise DomainError("not_signed", _("The funder's form is filled once the statement is signed."))
    figures = figures_of(data_of(statement))
    missing = sorted({figure for figure in form.cells.values() if figure not in figures})
    if missing:
        raise DomainError(
            "figures_missing",
            said("This statement has no %(missing)s: correct the form's cells.", missing=tuple(missing)),
        )
    values = {cell: figures[figure] for cell, figure in form.cells.items()}
    return fill_form(act.files.get(form.document.sha256), values)


def figures_of(data: Row) -> dict[str, Cell]:
    """Every figure of a statement by the name that forms call it: pounds, numbers, or percent for rates."""
    found: dict[str, Cell] = {f"header.{name}": _text(cast(Row, data["header"])[name]) for name in HEADER}
    for part in parts_of(data):
        code, unit = str(part["code"]), str(part["unit"])
        found[code] = _number(part["value"], unit)
        for pot, value in cast(Mapping[str, int], part["by_funding_line"] or {}).items():
            found[f"{code}@{pot}"] = _number(value, unit)
    for row in cast(Sequence[Row], data.get("outputs") or []):
        for name in OUTPUT:
            unit = str(row["unit"]) if name not in ("evidenced", "unevidenced") else "count"
            found[f"{row['code']}.{name}"] = _number(row[name], unit)
    return found


def _text(value: object) -> Cell:
    return value if isinstance(value, int) else str(value or "")


def _number(value: object, unit: str) -> Cell:
    if not isinstance(value, int):
        return None
    return value if unit == "count" else in_pounds(value)  # pence, hundredths and basis points have two decimals
