"""A statement as PDF, A4 across, both languages. The same bytes give the same PDF: no dates, no random numbers.

Chinese is set in a font that every reader brings for the Adobe-GB1 characters (STSong); none is embedded.
"""

from __future__ import annotations

import io
from typing import Final

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from trading.statements import words as w
from trading.statements.sheet import Cell, Section, Sheet, lay_out
from trading.statements.words import Label

ROWS_MAX: Final = 5_000
"""Rows of one section at most; a longer one says how many more CSV and JSON hold."""

_CHINESE: Final = "STSong-Light"
_LATIN: Final = "Helvetica"
_SIZE: Final = 6.8
_ROW: Final = 11.5
_MARGIN: Final = 30.0
_SUMMARY_COLUMNS: Final = 4


def to_pdf(body: bytes, *, basis: str) -> bytes:
    """Return the PDF of a statement's canonical bytes."""
    if _CHINESE not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(_CHINESE))
    out = io.BytesIO()
    _Page(lay_out(body, basis=basis), out).run()
    return out.getvalue()


def _font(text: str) -> str:
    return _LATIN if text.isascii() else _CHINESE


def _text(cell: Cell) -> str:
    return cell.both if isinstance(cell, Label) else cell


class _Page:
    def __init__(self, sheet: Sheet, out: io.BytesIO) -> None:
        self.sheet = sheet
        self.width, self.height = landscape(A4)
        self.canvas = Canvas(out, pagesize=(self.width, self.height), invariant=1, pageCompression=1)
        self.canvas.setTitle(f"{sheet.title.en} {sheet.head[5].text} {sheet.head[3].text}")
        self.canvas.setAuthor(sheet.head[0].text)
        self.y = 0.0
        self.pages = 0

    def run(self) -> None:
        self._begin()
        self._write(self.sheet.title.both, self.width / 2, size=13, at="middle")
        self.y -= 20
        self._lines([(line.label.both, line.text) for line in self.sheet.head], columns=3)
        self._heading(w.SECTIONS["summary"].both)
        self._lines([(line.label.both, line.text) for line in self.sheet.summary], columns=_SUMMARY_COLUMNS)
        for section in self.sheet.sections:
            self._section(section)
        self._end()
        self.canvas.save()

    def _begin(self) -> None:
        self.pages += 1
        self.y = self.height - _MARGIN - 8

    def _end(self) -> None:
        self.y = _MARGIN - 12
        self._write(f"SHA-256 {self.sheet.sha256}", _MARGIN, size=5.5)
        self._write(str(self.pages), self.width - _MARGIN, size=5.5, at="right")
        self.canvas.showPage()

    def _room(self, rows: float) -> bool:
        """Say whether a new page had to begin for so many rows."""
        if self.y - rows * _ROW > _MARGIN:
            return False
        self._end()
        self._begin()
        return True

    def _write(self, text: str, x: float, *, size: float = _SIZE, at: str = "left", width: float = 0) -> None:
        font = _font(text)
        wide = pdfmetrics.stringWidth(text, font, size)
        if width and wide > width:
            size, wide = size * width / wide, width
        self.canvas.setFont(font, size)
        start = {"left": x, "right": x - wide, "middle": x - wide / 2}[at]
        self.canvas.drawString(start, self.y, text)

    def _heading(self, text: str) -> None:
        self._room(4)
        self.y -= 8
        self._write(text, _MARGIN, size=8.5)
        self.y -= 4
        self.canvas.setLineWidth(0.5)
        self.canvas.line(_MARGIN, self.y, self.width - _MARGIN, self.y)
        self.y -= _ROW

    def _lines(self, lines: list[tuple[str, str]], *, columns: int) -> None:
        step = (self.width - 2 * _MARGIN) / columns
        for number, (label, text) in enumerate(lines):
            column = number % columns
            if column == 0 and number:
                self.y -= _ROW
                self._room(1)
            x = _MARGIN + column * step
            self._write(label, x, width=step * 0.55)
            self._write(text, x + step - 14, at="right", width=step * 0.4)
        self.y -= _ROW

    def _section(self, section: Section) -> None:
        self._heading(section.title.both)
        if not section.rows:
            self._write("–", _MARGIN)
            self.y -= _ROW
            return
        widths = self._widths(section)
        self._head_row(section, widths)
        for row in section.rows[:ROWS_MAX]:
            if self._room(1):
                self._head_row(section, widths)
            self._row(section, [_text(cell) for cell in row], widths)
        more = len(section.rows) - ROWS_MAX
        if more > 0:
            self._write(Label(f"另有 {more} 行见 CSV 与 JSON", f"{more} more rows in CSV and JSON").both, _MARGIN)
            self.y -= _ROW
        if section.total:
            self._room(1)
            self.canvas.line(_MARGIN, self.y + _ROW - 3, self.width - _MARGIN, self.y + _ROW - 3)
            self._row(section, [_text(cell) for cell in section.total], widths)

    def _head_row(self, section: Section, widths: list[float]) -> None:
        self._row(section, [column.label.zh for column in section.columns], widths)
        self.y += _ROW - 8
        self._row(section, [column.label.en for column in section.columns], widths, size=5.6)
        self.canvas.setLineWidth(0.25)
        self.canvas.line(_MARGIN, self.y + _ROW - 3, self.width - _MARGIN, self.y + _ROW - 3)

    def _widths(self, section: Section) -> list[float]:
        """Columns as wide as their widest text wants, stretched or shrunk together to the page."""
        wanted = [max(len(column.label.en), 2 * len(column.label.zh)) * 3.6 for column in section.columns]
        for row in (*section.rows[:ROWS_MAX], section.total):
            for place, cell in enumerate(row):
                text = _text(cell)
                wanted[place] = max(wanted[place], pdfmetrics.stringWidth(text, _font(text), _SIZE))
        whole = self.width - 2 * _MARGIN
        return [width * whole / sum(wanted) for width in wanted]

    def _row(self, section: Section, texts: list[str], widths: list[float], *, size: float = _SIZE) -> None:
        x = _MARGIN
        for column, text, width in zip(section.columns, texts, widths, strict=True):
            if column.kind == "text":
                self._write(text, x, size=size, width=width - 4)
            else:
                self._write(text, x + width - 4, size=size, at="right", width=width - 4)
            x += width
        self.y -= _ROW
