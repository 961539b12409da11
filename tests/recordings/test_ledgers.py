"""The counter against ledgers of another simulator: a small one reckoned by hand, and the recorded ones."""

from __future__ import annotations

import gzip
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from trading.recordings.ledger_rows import LedgerError
from trading.recordings.ledger_terms import SETTLEMENT, Terms, parse_terms
from trading.recordings.ledgers import Report, check_ledgers

# Copper, 5 t a lot, 12.344 a lot, margin 7,000 a lot. Day 1: 2 lots at 48,000 and 1 at 48,030, mark 48,020. Day 2: at
# night one is sold at 48,050, worth 150 by date; then one is sold short at 48,060; mark 48,040. Floating by averages.
ROWS = (
    "时间:2019-05-06 09:01:00.000000,合约:SHFE.cu1907,开平:OPEN,方向:BUY,手数:2,价格:48000.000,手续费:24.69",
    "时间:2019-05-06 14:59:59.500000,合约:SHFE.cu1907,开平:OPEN,方向:BUY,手数:1,价格:48030.000,手续费:12.34",
    "时间:2019-05-06 21:30:00.000000,合约:SHFE.cu1907,开平:CLOSE,方向:SELL,手数:1,价格:48050.000,手续费:12.34",
    "时间:2019-05-07 10:00:00.000000,合约:SHFE.cu1907,开平:OPEN,方向:SELL,手数:1,价格:48060.000,手续费:12.34",
    "日期:2019-05-06,账户权益:1000112.97,可用资金:979112.97,浮动盈亏:150.00,持仓盈亏:150.00,平仓盈亏:0.00,市值:0.00,"
    "保证金:21000.00,手续费:37.03,风险度:2.10%",
    "日期:2019-05-07,账户权益:1000538.28,可用资金:979538.28,浮动盈亏:400.00,持仓盈亏:300.00,平仓盈亏:150.00,市值:0.00,"
    "保证金:21000.00,手续费:24.69,风险度:2.10%",
)


def put(folder: Path, rows: tuple[str, ...] | list[str] = ROWS, *, header: str = "script,kind,text") -> Path:
    path = folder / "ledger.csv"
    lines = [f'copper,{"fill" if row.startswith("时") else "day"},"{row}"' for row in rows]
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def bars(folder: Path, rows: str) -> None:
    (folder / "shfe_cu1907_1min_x.csv").write_text("datetime_beijing,close,volume\n" + rows)


def found(report: Report) -> set[tuple[str, str]]:
    return {(breach.date, breach.figure) for breach in report.breaches}


def test_agrees_with_a_ledger_reckoned_by_hand(tmp_path: Path) -> None:
    report = check_ledgers(put(tmp_path))
    assert report.as_dict() == {"days": 2, "equal": 2, "breaches": []}


def test_reads_a_gzipped_ledger_and_days_in_any_order(tmp_path: Path) -> None:
    plain = put(tmp_path, ROWS[::-1])
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert check_ledgers(packed).equal == 2


@pytest.mark.parametrize(
    ("row", "old", "new", "breaches"),
    [
        (5, "1000538.28", "1000538.29", {"equity"}),
        (5, "979538.28", "979538.27", {"available"}),
        (5, "平仓盈亏:150.00", "平仓盈亏:150.01", {"close_profit"}),
        (5, "21000.00", "21000.02", {"margin"}),
        (5, "手续费:24.69", "手续费:24.70", {"commission"}),
        (5, "风险度:2.10%", "风险度:2.11%", {"risk"}),
        (3, "手续费:12.34", "手续费:12.37", {"fill commission"}),
        # Without bars the day is marked at the price that gives this line: then the equity cannot be.
        (5, "持仓盈亏:300.00", "持仓盈亏:300.01", {"equity", "available"}),
        (5, "持仓盈亏:300.00", "持仓盈亏:305.00", {"equity", "available"}),
        (2, "价格:48050", "价格:48060", {"close_profit", "equity", "available"}),
    ],
)
def test_finds_the_figure_that_was_changed(tmp_path: Path, row: int, old: str, new: str, breaches: set[str]) -> None:
    rows = list(ROWS)
    assert old in rows[row]
    rows[row] = rows[row].replace(old, new)
    report = check_ledgers(put(tmp_path, rows))
    assert {figure for _date, figure in found(report)} == breaches
    assert (report.days, report.equal) == (2, 1)


def test_tells_both_figures_of_a_breach_and_its_line(tmp_path: Path) -> None:
    rows = [row.replace("1000538.28", "1000538.30") for row in ROWS]
    (breach,) = check_ledgers(put(tmp_path, rows)).breaches
    assert (breach.line, breach.date, breach.ledger, breach.engine) == (7, "2019-05-07", "1000538.30", "1000538.28")


def test_floating_profit_is_compared_while_all_lots_are_as_they_were_bought(tmp_path: Path) -> None:
    rows = [row.replace("浮动盈亏:150.00", "浮动盈亏:150.01") for row in ROWS]
    assert found(check_ledgers(put(tmp_path, rows))) == {("2019-05-06", "floating_profit")}


def test_the_sum_of_profits_is_compared_where_the_simulator_averages(tmp_path: Path) -> None:
    """Lots of today at 48,000 and 48,030 and one sold at 48,050: 200 at the average of 48,010, 250 for the oldest."""
    rows = [
        *ROWS[:2],
        ROWS[2].replace("21:30:00.0", "14:59:59.9").replace("开平:CLOSE", "开平:CLOSETODAY"),
        "日期:2019-05-06,账户权益:1000250.62,可用资金:986250.62,浮动盈亏:100.00,持仓盈亏:100.00,平仓盈亏:200.00,市值:0.00,"
        "保证金:14000.00,手续费:49.38,风险度:1.40%",
    ]
    assert found(check_ledgers(put(tmp_path, rows))) == set()
    bars(tmp_path, "2019-05-06 14:59:00.000,48020,1\n")
    assert found(check_ledgers(put(tmp_path, rows))) == set()
    rows[2] = rows[2].replace("48050", "48060")
    assert {figure for _date, figure in found(check_ledgers(put(tmp_path, rows)))} == {
        "close_profit + position_profit",
        "equity",
        "available",
    }


def test_a_close_of_more_than_is_held_is_a_breach(tmp_path: Path) -> None:
    rows = [row.replace("手数:1,价格:48050", "手数:4,价格:48050") for row in ROWS]
    assert ("2019-05-07", "fill") in found(check_ledgers(put(tmp_path, rows)))


def test_close_means_yesterdays_lots_at_shfe(tmp_path: Path) -> None:
    rows = [row.replace("05-06 21:30:00.0", "05-06 14:59:59.9") for row in ROWS]
    assert ("2019-05-06", "fill") in found(check_ledgers(put(tmp_path, rows)))
    rows = [row.replace("SHFE.cu1907", "DCE.l1907") for row in rows]  # 5 a lot too, where a close may close today's
    assert ("2019-05-06", "fill") not in found(check_ledgers(put(tmp_path, rows)))


def test_a_fill_after_the_last_account_line_is_a_breach(tmp_path: Path) -> None:
    report = check_ledgers(put(tmp_path, ROWS[:5]))
    assert [breach.figure for breach in report.breaches] == ["account line on or after this fill"] * 2


def test_recorded_bars_overrule_the_ledgers_own_price(tmp_path: Path) -> None:
    bars(tmp_path, "2019-05-06 14:59:00.000,48020,1\n2019-05-07 14:58:00.000,48040,1\n2019-05-07 21:00:00.000,1,1\n")
    assert check_ledgers(put(tmp_path)).breaches == []
    bars(tmp_path, "2019-05-06 14:59:00.000,48020,1\n2019-05-07 14:59:00.000,48041,1\n")
    assert {figure for _date, figure in found(check_ledgers(put(tmp_path)))} == {
        "equity",
        "available",
        "position_profit",
    }


def test_settlement_prices_are_an_option_and_give_other_equities(tmp_path: Path) -> None:
    bars(
        tmp_path,
        "2019-05-06 14:58:00.000,48000,3\n2019-05-06 14:59:00.000,48020,1\n"
        "2019-05-06 21:00:00.000,48040,1\n2019-05-07 14:59:00.000,48040,1\n",
    )
    report = check_ledgers(put(tmp_path), mark=SETTLEMENT)
    by_figure = {(breach.date, breach.figure): breach.engine for breach in report.breaches}
    assert by_figure["2019-05-06", "position_profit"] == "-75.00"  # average 48,005: 2 x 25 - 125
    assert by_figure["2019-05-07", "close_profit"] == "225.00"  # 48,050 against 48,005
    assert by_figure["2019-05-07", "position_profit"] == "450.00"
    assert ("2019-05-07", "equity") not in by_figure  # the same average again: both ways meet
    (tmp_path / "shfe_cu1907_1min_x.csv").unlink()
    with pytest.raises(LedgerError, match=r"line 6: no bars give a settlement price of SHFE\.cu1907"):
        check_ledgers(put(tmp_path), mark=SETTLEMENT)


def test_terms_can_be_given(tmp_path: Path) -> None:
    report = check_ledgers(put(tmp_path), terms=[parse_terms("SHFE.cu1907=5,12.344,8000")])
    assert {figure for _date, figure in found(report)} == {"available", "margin", "risk"}
    assert parse_terms("SHFE.au1912=1000,10,15000") == Terms("SHFE.au1912", 1_000, 1_000_000, 1_500_000_000)
    with pytest.raises(LedgerError, match="expected SYMBOL=LOT_SIZE,COMMISSION,MARGIN"):
        parse_terms("SHFE.au1912=1000")


@pytest.mark.parametrize(
    ("row", "old", "new", "message"),
    [
        (0, "手数:2", "手数:two", r"line 2: expected 手数 to be a number of lots above 0, found 'two'"),
        (0, "手数:2,", "", r"line 2: expected 手数 \(a number of lots above 0\), it is not there"),
        (0, "价格:48000.000", "价格:48000.0001", r"line 2: expected 价格 to be a price above 0"),
        (0, "开平:OPEN", "开平:SHUT", r"line 2: expected 开平 to be OPEN or CLOSE or CLOSETODAY, found 'SHUT'"),
        (1, "时间:2019-05-06", "时间:2019-25-06", r"line 3: expected 时间 to be a time like"),
        (1, "cu1907", "cu-1907", r"line 3: expected 合约 to be a contract like SHFE\.au1912"),
        (1, "SHFE.cu1907", "SHFE.xx1907", r"line 3: the lot size of SHFE\.xx1907 is not known"),
        (
            4,
            "保证金:21000.00",
            "保证金:NaN",
            r"line 6: expected 保证金 to be money with at most 2 decimals, found 'NaN'",
        ),
        (4, "风险度:2.10%", "风险度:2.10", r"line 6: expected 风险度 to be a percentage like 0\.15%"),
        (4, "日期:", "日期", r"line 6: expected name:value between commas"),
        (5, "2019-05-07", "2019-05-06", r"line 7: expected one account line a day, 2019-05-06 is in line 6"),
    ],
)
def test_says_what_was_expected_in_which_line(tmp_path: Path, row: int, old: str, new: str, message: str) -> None:
    rows = list(ROWS)
    assert old in rows[row]
    rows[row] = rows[row].replace(old, new)
    with pytest.raises(LedgerError, match=message):
        check_ledgers(put(tmp_path, rows))


def test_says_so_when_the_file_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="line 1: expected the header script,kind,text"):
        check_ledgers(put(tmp_path, header="a,b"))
    other = tmp_path / "other.csv"
    other.write_text("script,kind,text\ncopper,news,x:y\n")
    with pytest.raises(LedgerError, match="line 2: expected the kind fill or day, found 'news'"):
        check_ledgers(other)
    other.write_text("script,kind,text\ncopper,day\n")
    with pytest.raises(LedgerError, match="line 2: expected three columns script,kind,text, found 2"):
        check_ledgers(other)
    other.write_bytes(gzip.compress(b"script,kind,text")[:12])
    with pytest.raises(LedgerError, match="cannot be read"):
        check_ledgers(other)


def test_the_command_prints_one_line_and_ends_with_1_on_a_breach(tmp_path: Path) -> None:
    out = StringIO()
    call_command("check_ledgers", str(put(tmp_path)), "--json", stdout=out)
    assert out.getvalue() == '{"days": 2, "equal": 2, "breaches": []}\n'
    out = StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("check_ledgers", str(put(tmp_path, ROWS[:5])), "--json", stdout=out)
    assert len(json.loads(out.getvalue())["breaches"]) == 2
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("check_ledgers", str(tmp_path / "none.csv"))


@pytest.mark.parametrize("beside", [True, False])
def test_recorded_ledgers_come_out_to_the_fen(data_dir: Path, tmp_path: Path, beside: bool) -> None:
    """33 gold days and 6 of bitumen and an idle one; with the bars beside them, and with the ledger alone."""
    path = data_dir / "tqsim_ledgers.csv.gz"
    if not path.is_file():
        pytest.skip(f"no ledgers: {path} is absent (set AURUM_DATA)")
    if not beside:
        copy = tmp_path / path.name
        copy.write_bytes(path.read_bytes())
        path = copy
    report = check_ledgers(path)
    assert report.breaches == []
    assert report.days == report.equal > 0
