"""A statement as CSV for spreadsheets: UTF-8 with a mark, both languages, sections one under the other.

A text that a spreadsheet would take for a formula gets an apostrophe before it; figures are plain numbers.
"""

from __future__ import annotations

import csv
import io
from typing import Final

from trading.statements import words as w
from trading.statements.sheet import Cell, Line, lay_out
from trading.statements.words import Label

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def to_csv(body: bytes, *, basis: str) -> bytes:
    """Return the CSV of a statement's canonical bytes."""
    sheet = lay_out(body, basis=basis, grouped=False)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([sheet.title.both])
    for line in (*sheet.head, Line(Label("校验", "SHA-256"), sheet.sha256)):
        writer.writerow([line.label.both, safe(line.text)])
    writer.writerow([])
    writer.writerow([w.SECTIONS["summary"].both])
    for line in sheet.summary:
        writer.writerow([line.label.both, line.text])
    for section in sheet.sections:
        writer.writerow([])
        writer.writerow([section.title.both])
        writer.writerow([column.label.both for column in section.columns])
        for row in (*section.rows, *([section.total] if section.total else [])):
            writer.writerow(
                [
                    _text(cell) if column.kind != "text" else safe(_text(cell))
                    for column, cell in zip(section.columns, row, strict=True)
                ]
            )
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def safe(text: str) -> str:
    """Return a text that no spreadsheet executes."""
    return f"'{text}" if text.lstrip(" \u3000").startswith(_FORMULA) else text


def _text(cell: Cell) -> str:
    return cell.both if isinstance(cell, Label) else cell
