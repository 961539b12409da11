"""The week of April 2013: a limit day, a wider band, margin calls and forced closes, in the right order."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from riskdesk.story.days import DaysError, between, read_days
from riskdesk.story.market import TERMS_OF_2013
from riskdesk.story.week import (
    ALERT,
    BAND,
    CALL,
    CARRIED,
    CLOSE_ONLY,
    ENDED,
    FILL,
    ORDER,
    PAID,
    PLAN,
    SETTLED,
    Row,
    Week,
)
from trading.engine.invariants import check
from trading.engine.ladders import LimitStep

FILE = "shfe_gold_main_daily_2008_2022.csv.gz"
FIRST, LAST = "2013-04-12", "2013-04-17"
HEAD = "date,open,high,low,close,volume,hold,settle\n"


@pytest.fixture(scope="module")
def week(data_dir: Path) -> Week:
    before, days = between(read_days(data_dir / FILE), FIRST, LAST)
    week = Week()
    week.play(before, days)
    return week


def rows(week: Week, *kinds: str, account: int = 0) -> list[Row]:
    return [row for row in week.rows if row.kind in kinds and account in (0, row.account_id)]


def test_the_bands_are_those_of_the_recorded_days(week: Week) -> None:
    """The lows of the 15th and 16th are the lower limits, to the tick: 5 %, then 8 % after the limit day."""
    assert [(row.date, row.text) for row in rows(week, BAND)] == [
        ("2013-04-12", "298.67 to 330.10"),
        ("2013-04-15", "298.93 to 330.40"),
        ("2013-04-16", "275.03 to 322.86, ladder step 1"),
        ("2013-04-17", "261.84 to 289.41"),
    ]
    assert [row.text for row in rows(week, SETTLED)] == [
        "314.67", "298.95, one-sided at the lower limit", "275.63", "275.29",
    ]  # fmt: skip


def test_each_account_climbs_the_ladder_rung_by_rung(week: Week) -> None:
    for account in (7002, 7003, 7004, 7005):
        kinds = [
            row.kind for row in rows(week, ALERT, CALL, CLOSE_ONLY, PLAN, account=account) if "company" in row.text
        ]
        first = [kinds.index(kind) for kind in (ALERT, CALL, CLOSE_ONLY, PLAN)]
        assert first == sorted(first), account


def test_the_careful_and_the_short_are_left_alone(week: Week) -> None:
    assert rows(week, ALERT, CALL, PLAN, account=7001) == []
    assert rows(week, ALERT, CALL, PLAN, account=7006) == []


def test_a_plan_precedes_its_orders_and_they_precede_their_fills(week: Week) -> None:
    kinds = [row.kind for row in rows(week, PLAN, ORDER, FILL, ENDED, account=7005)]
    assert kinds[:3] == [PLAN, ORDER, FILL]
    assert kinds[-1] == ENDED
    assert all(row.company_ppm >= 1_500_000 for row in rows(week, PLAN))


def test_the_limit_day_carries_the_obligation_over(week: Week) -> None:
    carried = rows(week, CARRIED)
    assert {row.date for row in carried} == {"2013-04-15"}
    assert 7005 in {row.account_id for row in carried}
    after = [row for row in rows(week, ORDER, account=7005) if row.date == "2013-04-16"]
    assert after


def test_who_pays_his_margin_call_keeps_his_lots(week: Week) -> None:
    assert [row.date for row in rows(week, PAID)] == ["2013-04-16"]
    (ended,) = rows(week, ENDED, account=7003)
    assert "restored, 0 lots closed" in ended.text
    view = week.view(7003)
    assert view is not None
    assert view.positions[0].yesterday_qty == 10


def test_nobody_is_closed_beyond_his_position_and_the_books_hold(week: Week) -> None:
    assert check(week.market.machine) == []
    assert week.market.machine.liquidations() == []
    for client, lots in ((7002, 10), (7004, 10), (7005, 60)):
        closed = sum(int(row.text.split()[0]) for row in rows(week, FILL, account=client))
        assert 0 < closed <= lots


def test_it_is_told_as_a_table(data_dir: Path) -> None:
    out = StringIO()
    call_command("stress_story", str(data_dir / FILE), FIRST, LAST, stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].split() == ["day", "price", "account", "company", "exchange", "what", "happened"]
    assert any("margin call: company 100.0 %" in line for line in lines)
    out = StringIO()
    call_command("stress_story", str(data_dir / FILE), FIRST, LAST, "--json", stdout=out)
    (line,) = out.getvalue().splitlines()
    assert json.loads(line)["days"] == 4


def test_the_ladder_is_the_engines_and_its_terms_are_data(data_dir: Path) -> None:
    """Another ladder, another band; without one the day after the limit day is like any other."""
    before, days = between(read_days(data_dir / FILE), FIRST, "2013-04-16")

    def band(*steps: LimitStep) -> str:
        played = Week(terms=replace(TERMS_OF_2013, ladder=steps))
        played.play(before, days)
        return rows(played, BAND)[2].text

    assert band(LimitStep(30_000, 20_000)) == "275.03 to 322.86, ladder step 1"
    assert band(LimitStep(10_000, 40_000)) == "281.01 to 316.88, ladder step 1"
    assert band() == "284.00 to 313.89"


def test_the_broker_asks_his_points_above_the_exchange_through_the_week(week: Week) -> None:
    """7 + 3 % before, 10 + 3 % of lots held from the limit day's settlement on, 7 + 3 % after."""
    carried = rows(week, CARRIED, account=7005)[0]
    assert carried.company_ppm * 10 == pytest.approx(carried.exchange_ppm * 13, rel=1e-5)
    last = rows(week, ALERT, account=7003)[-1]
    assert last.company_ppm * 10 == pytest.approx(last.exchange_ppm * 13, rel=1e-5)
    assert week.market.machine.state.contracts[1].tariff(1).long_margin_ppm == 100_000


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a,b\n", "line 1: expected the columns"),
        (HEAD + "2013-04-12,1,2\n", "line 2: 3 columns"),
        (HEAD + "2013-04-12,1,2,x,1,0,0,0\n", "line 2: 'x' is no price"),
        (HEAD + "2013-04-12,1.005,2,1,1,0,0,0\n", "line 2: '1.005' is no price"),
        (HEAD + "2013-04-12,3,2,1,1,0,0,0\n", "line 2: open, high, low and close"),
    ],
)
def test_says_what_is_wrong_with_a_file(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "days.csv"
    file.write_text(text)
    with pytest.raises(DaysError, match=problem):
        read_days(file)


def test_says_when_the_days_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("stress_story", str(tmp_path / "none.csv"), FIRST, LAST)
    file = tmp_path / "days.csv"
    file.write_text(HEAD + "2013-04-12,1,1,1,1,0,0,1\n")
    with pytest.raises(CommandError, match="no days from"):
        call_command("stress_story", str(file), FIRST, LAST)
