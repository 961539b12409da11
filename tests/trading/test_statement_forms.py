"""A statement's forms: seven sections on both bases, totals that tie, CSV that executes nothing, PDF that repeats."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec
import pytest

from trading.engine.types import BUY, CLOSE_TODAY, LONG, OPEN, SELL, SHORT
from trading.statements import model as m
from trading.statements.build import StatementBroken, check, corrected
from trading.statements.csv_form import safe, to_csv
from trading.statements.facts import FactsError, Lot, take
from trading.statements.forms import file_of
from trading.statements.pdf_form import ROWS_MAX, to_pdf
from trading.statements.sheet import lay_out

GOLD = m.ContractRef(1, "SHFE.au2612", "SHFE", "au", 200, 2_000, 40_000, 40_120)
SOY = m.ContractRef(2, "DCE.m2701", "DCE", "m", 10_000, 1_000, 3_000, 3_001)


def statement(**changes: Any) -> m.Statement:
    """Bought 3 at 801.00, closed 1 at 803.00, settlement 802.40; a short lot of soy from the day before."""
    fields: dict[str, Any] = {
        "form": 1, "version": 1, "trading_day": 20261123, "created_day": 20261123, "currency": "CNY", "tenant_id": 2,
        "account_id": 7001, "account_seq": 9, "seq": 33,
        "paper": m.Paper("金桥期货", "C001", "林知夏", "main"),
        "by_date": m.Summary(1_000_000_000, 5_000, 2_000, 0, 200_000, 279_000, 3_000, 1_000_479_000, 1_000_479_000),
        "by_trade": m.Summary(1_000_005_000, 5_000, 2_000, 0, 200_000, 274_000, 3_000, 1_000_205_000, 1_000_479_000),
        "funds": m.Funds(12_000, 25_776_800, 0, 974_702_200, 25_765, 0),
        "cash": [
            m.CashRow("deposit", 5_000, "=cmd|' /C calc'!A0", "", 0, 1),
            m.CashRow("withdraw", 2_000, "w", "", 0, 2),
        ],
        "trades": [
            m.TradeRow(1, 11, 1, BUY, OPEN, 40_050, 3, 240_300_000, 3_000, 0, 0, 0),
            m.TradeRow(2, 12, 1, SELL, CLOSE_TODAY, 40_150, 1, 80_300_000, 0, 200_000, 200_000, 0),
        ],
        "closed": [m.ClosedRow(2, 1, SELL, 1, 20261123, 40_050, 40_150, 200_000, 200_000)],
        "lots": [
            m.LotRow(1, LONG, 2, 20261123, 40_050, 280_000, 280_000, 25_676_800),
            m.LotRow(2, SHORT, 1, 20261120, 2_995, -1_000, -6_000, 100_000),
        ],
        "positions": [
            m.PositionRow(1, LONG, 2, 160_200_000, 280_000, 280_000, 25_676_800),
            m.PositionRow(2, SHORT, 1, 2_995_000, -1_000, -6_000, 100_000),
        ],
        "contracts": [GOLD, SOY],
    }  # fmt: skip
    return m.Statement(**(fields | changes))


def texts(section: Any) -> list[list[str]]:
    return [[cell if isinstance(cell, str) else cell.en for cell in row] for row in section.rows]


def total(section: Any) -> list[str]:
    return [cell if isinstance(cell, str) else cell.en for cell in section.total]


def test_the_statement_of_these_tests_ties() -> None:
    check(statement())


def test_lays_out_the_sections_in_the_trades_order() -> None:
    sheet = lay_out(m.canonical(statement()), basis="date")
    assert [section.name for section in sheet.sections] == ["cash", "trades", "closed", "lots", "positions"]
    cash, trades, closed, lots, positions = sheet.sections
    assert texts(trades)[1] == [
        "2026-11-23", "SHFE", "au", "au2612", "Sell", "Spec.", "803.00", "1", "803,000.00", "Close T.", "0.00",
        "2,000.00", "0.00", "2",
    ]  # fmt: skip
    assert total(trades)[7:12] == ["4", "3,206,000.00", "", "30.00", "2,000.00"]
    assert total(cash)[2:4] == ["50.00", "20.00"]
    assert texts(closed)[0][4:11] == ["2026-11-23", "Sell", "1", "801.00", "800.00", "803.00", "2,000.00"]
    assert texts(lots)[1][3:13] == [
        "2026-11-20", "Spec.", "Short", "1", "2,995", "3,000", "3,001", "-60.00", "-10.00", "1,000.00",
    ]  # fmt: skip
    assert total(lots)[10:13] == ["2,740.00", "2,790.00", "257,768.00"]
    assert texts(positions)[0][3:11] == ["2", "801.0000", "0", "", "800.00", "802.40", "2,800.00", "256,768.00"]
    assert texts(positions)[1][3:7] == ["0", "", "1", "2,995"]


def test_the_two_bases_differ_where_they_must() -> None:
    body = m.canonical(statement())
    for basis, balance, name, profit in (
        ("date", "10,004,790.00", "MTM P/L", "2,790.00"),
        ("trade", "10,002,050.00", "Floating P/L", "2,740.00"),
    ):
        figures = {line.label.en: line.text for line in lay_out(body, basis=basis).summary}
        assert (figures["Balance c/f"], figures[name]) == (balance, profit)
        assert figures["Client Equity"] == "10,004,790.00"
        assert figures["Risk Degree"] == "2.57 %"
        assert len(figures) == 29


@pytest.mark.parametrize(
    "wrong",
    [
        {"trades": []},
        {"closed": []},
        {"lots": []},
        {"positions": []},
        {"cash": []},
        {"by_date": m.Summary(1_000_000_000, 5_000, 2_000, 0, 200_000, 279_000, 3_000, 1_000_479_001, 1_000_479_001)},
        {"by_trade": m.Summary(1_000_005_000, 5_000, 2_000, 0, 200_000, 274_000, 3_000, 1_000_205_000, 1_000_479_001)},
        {"by_trade": m.Summary(1_000_005_001, 5_000, 2_000, 0, 200_000, 274_000, 3_000, 1_000_205_001, 1_000_479_001)},
        {"funds": m.Funds(12_000, 25_776_801, 0, 974_702_200, 25_765, 0)},
    ],
)
def test_a_statement_that_does_not_tie_is_never_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(StatementBroken):
        check(statement(**wrong))


def test_csv_executes_nothing_and_keeps_figures() -> None:
    evil = m.Paper("=1+1", "@SUM(A1)", "\t=2", " ＝HYPERLINK(1)")
    text = to_csv(m.canonical(statement(paper=evil)), basis="date").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    for row in rows:
        for cell in row:
            if cell[:1] in "=+-@\t\r＝＋－＠" and cell:
                assert cell.replace("-", "", 1).replace(".", "", 1).isdigit(), cell
    assert "'=cmd|' /C calc'!A0" in {cell for row in rows for cell in row}
    assert ["浮动盈亏 Floating P/L", "2740.00"] not in rows
    assert any(row[10:12] == ["-60.00", "-10.00"] for row in rows if len(row) == 14)
    assert text.count("\r\n") == text.count("\n")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=", "  =1", "\u3000=1", "＝1"])
def test_a_text_that_begins_like_a_formula_is_told_apart(text: str) -> None:
    assert safe(text) == f"'{text}"


def test_plain_texts_stay() -> None:
    assert [safe(text) for text in ("bank-1", "林知夏", "a=b", "")] == ["bank-1", "林知夏", "a=b", ""]


@pytest.mark.parametrize("basis", ["date", "trade"])
def test_the_same_bytes_give_the_same_pdf(basis: str) -> None:
    body = m.canonical(statement())
    pdf = to_pdf(body, basis=basis)
    assert pdf.startswith(b"%PDF-")
    assert pdf == to_pdf(body, basis=basis)
    assert b"STSong-Light" in pdf
    other = m.canonical(statement(paper=m.Paper("金桥期货", "C001", "林知秋", "main")))
    assert to_pdf(other, basis=basis) != pdf


def test_a_long_statement_goes_over_pages_and_says_what_it_leaves_out() -> None:
    row = m.TradeRow(1, 11, 1, BUY, OPEN, 40_050, 3, 240_300_000, 3_000, 0, 0, 0)
    short = to_pdf(m.canonical(statement(trades=[row] * 200)), basis="date")
    assert short.count(b"/Type /Page\n") > 4
    body = m.canonical(statement(trades=[row] * (ROWS_MAX + 7)))
    assert len(lay_out(body, basis="date").sections[1].rows) == ROWS_MAX + 7
    assert to_csv(body, basis="date").count(b"au2612") > ROWS_MAX


def test_json_is_the_canonical_form() -> None:
    body = m.canonical(statement())
    assert file_of(body, form="json", basis="trade").data == body
    assert m.canonical(m.parse(body)) == body
    assert file_of(body, form="csv", basis="trade").name == "7001-20261123-v1-trade.csv"
    with pytest.raises(msgspec.MsgspecError):
        m.parse(b"{}")


def test_versions_count_up() -> None:
    from trading.engine.events import Funds
    from trading.engine.statement_events import StatementCorrected

    event = StatementCorrected(2, 7001, 10, 20261123, 3, 5, "r", "k", "u2", "u3", Funds(0, 0, 0, 0, 0, 0))
    with pytest.raises(StatementBroken, match="version 3 cannot follow version 1"):
        corrected(statement(), event, booked_day=20261124, seq=40)


def test_lots_that_were_never_opened_cannot_be_closed() -> None:
    with pytest.raises(FactsError, match="2 lots"):
        take([Lot(20261123, 1, 1)], 3)


def test_statements_of_the_first_form_keep_their_bytes() -> None:
    """Digests from the version before purposes were said."""
    body = m.canonical(statement())
    assert m.canonical(m.parse(body)) == body
    found = [m.digest(file_of(body, form=form, basis=basis).data) for form, basis in (
        ("json", "date"), ("csv", "date"), ("csv", "trade")
    )]  # fmt: skip
    assert found == [
        "995011a053daa3b765f6a172112716a03ff31bbef96cd4e606285643a14e4456",
        "bf5698dd357d87115408d9a0cb2ffabf4a522fc62c839d6fdf47c50aa09a48a7",
        "c26ecfee6a9d4d55dd67c308efbd9fe5c804991b310de6ce6f7b48da03f72071",
    ]


@pytest.mark.parametrize("hedge", [False, True])
def test_every_form_says_what_the_account_is_for(hedge: bool) -> None:
    trades = [msgspec.structs.replace(row, hedge=hedge) for row in statement().trades]
    body = m.canonical(statement(form=2, hedge=hedge, trades=trades))
    assert m.canonical(m.in_form(m.parse(body), 1)) == m.canonical(statement())
    word, other = ("Hedge", "Spec.") if hedge else ("Spec.", "Hedge")
    for basis in ("date", "trade"):
        sheet = lay_out(body, basis=basis)
        _cash, trade_section, _closed, lots, positions = sheet.sections
        said = [row[5] for row in texts(trade_section)] + [row[4] for row in texts(lots)]
        said += [row[-3] for row in texts(positions)]
        assert said == [word] * 6
        text = to_csv(body, basis=basis).decode()
        assert text.count(word) == 6
        assert other not in text
    assert f'"hedge":{str(hedge).lower()}'.encode() in file_of(body, form="json", basis="date").data
    assert to_pdf(body, basis="date") != to_pdf(m.canonical(statement()), basis="date") or not hedge
