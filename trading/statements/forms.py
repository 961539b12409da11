"""The forms in which a statement leaves the house: JSON, CSV, PDF. Each is a function of the canonical bytes."""

from __future__ import annotations

from typing import Final

import msgspec

from trading.statements import model as m
from trading.statements.csv_form import to_csv

FORMS: Final = ("json", "csv", "pdf")
_TYPES: Final = {"json": "application/json", "csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}


class StatementFile(msgspec.Struct, frozen=True):
    """A file for somebody to keep."""

    name: str
    content_type: str
    data: bytes


def file_of(body: bytes, *, form: str, basis: str) -> StatementFile:
    """Return a statement in one of the forms; the JSON form holds both bases and is the canonical bytes."""
    statement = m.parse(body)
    name = f"{statement.account_id}-{statement.trading_day}-v{statement.version}"
    if form == "json":
        return StatementFile(f"{name}.json", _TYPES[form], body)
    if form == "csv":
        return StatementFile(f"{name}-{basis}.csv", _TYPES[form], to_csv(body, basis=basis))
    # The typesetter is loaded by the first who asks for a PDF: most processes never do.
    from trading.statements.pdf_form import to_pdf

    return StatementFile(f"{name}-{basis}.pdf", _TYPES[form], to_pdf(body, basis=basis))
