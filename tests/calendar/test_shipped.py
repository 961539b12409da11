"""The calendars that come with the product, and the commands that check, install and show one."""

from __future__ import annotations

import datetime
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.calendar.support import DAY, DAYS, HEAD, NIGHT, at
from trading.calendar.named import SHIPPED, calendar_path, open_calendar
from trading.engine.types import AUCTION_ENTRY, CLOSED, CONTINUOUS


@pytest.fixture(autouse=True)
def _own_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURUM_VAR", str(tmp_path / "var"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A good file that anybody could have written."""
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([*HEAD, *NIGHT, *DAY, *DAYS]))
    return path


def said(*arguments: str) -> str:
    """Run a command; return what it wrote."""
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_all_that_is_shipped_is_good() -> None:
    assert {path.stem: open_calendar(path.stem).name for path in SHIPPED.glob("*.csv")} == {
        "always_open": "always_open",
        "shfe": "shfe",
    }


def test_shfe_covers_two_years_of_weekdays_and_admits_what_is_unconfirmed() -> None:
    shfe = open_calendar("shfe")
    assert list(shfe.templates) == ["SHFE.au", "SHFE.ag"]
    assert (shfe.days[0].date, shfe.days[-1].date) == (datetime.date(2026, 1, 1), datetime.date(2027, 12, 31))
    assert {day.source for day in shfe.days} == {"weekdays", "arranged_2026", "guess_2027"}
    assert not any(shfe.sources[day.source].confirmed for day in shfe.days)


def test_the_head_of_shfe_counts_its_unconfirmed_days() -> None:
    shfe = open_calendar("shfe")
    doubtful = shfe.unconfirmed_days()
    head = calendar_path("shfe").read_text().split("calendar,shfe")[0]
    figures = {year: [day for day in doubtful if day.date.year == year] for year in (2026, 2027)}
    off = {year: sum(not day.trades for day in days) for year, days in figures.items()}
    assert (
        f"UNCONFIRMED DAYS: all {len(doubtful)}, that is {len(figures[2026])} dates of 2026 ({off[2026]} holid" in head
    )
    assert f"and {len(figures[2027])} of 2027 ({off[2027]} holidays, guessed)" in head
    assert len(doubtful) == len(shfe.days)


def test_a_day_is_confirmed_by_its_source(file: Path) -> None:
    file.write_text(
        file.read_text()
        .replace('made for a test"', 'made for a test"\nsource,guess,unconfirmed,"guessed"')
        .replace("day,2026-04-07,trading,night,s", "day,2026-04-07,trading,night,guess")
    )
    mine = open_calendar(str(file))
    assert [mine.is_confirmed(day) for day in (20260403, 20260407, 20260408, 20300101)] == [True, False, True, False]
    assert [str(day.date) for day in mine.unconfirmed_days()] == ["2026-04-07"]
    assert open_calendar("always_open").is_confirmed(20260407)
    assert "unconfirmed: 1 of 5 dates, 2026-04-07 to 2026-04-07" in said("load_calendar", str(file), "--check")
    found = json.loads(said("show_calendar", str(file), "--at", "2026-04-07T10:00", "--json"))
    assert (found["day_confirmed"], found["unconfirmed_days"]) == (False, 1)


@pytest.mark.parametrize("product", ["SHFE.au", "SHFE.ag"])
def test_shfe_before_and_after_the_national_holiday(product: str) -> None:
    shfe = open_calendar("shfe")
    assert shfe.phase_at(at("2026-09-30T21:30"), product) == (CLOSED, 20260930)
    assert shfe.phase_at(at("2026-10-08T08:56"), product) == (AUCTION_ENTRY, 20261008)
    assert shfe.phase_at(at("2026-10-09T21:30"), product) == (CONTINUOUS, 20261012)


def test_load_calendar_installs_by_name_and_an_installed_one_wins(file: Path) -> None:
    words = said("load_calendar", str(file))
    assert words.splitlines()[0] == "test: SHFE.au; 4 trading days of 5 dates, 2026-04-02 to 2026-04-08"
    assert open_calendar("test").name == "test"
    shfe = file.with_name("new_shfe.csv")
    shfe.write_text(file.read_text().replace("calendar,test", "calendar,shfe"))
    said("load_calendar", str(shfe))
    assert (calendar_path("shfe").parent.name, len(open_calendar("shfe").days)) == ("calendars", 5)


def test_load_calendar_refuses_a_gap_and_installs_nothing(file: Path) -> None:
    file.write_text(file.read_text().replace("day,2026-04-07,trading,night,s\n", ""))
    with pytest.raises(CommandError, match=r"line 16: a weekday is missing .*2026-04-07 \(Tuesday\)"):
        said("load_calendar", str(file))
    assert not calendar_path("test").exists()


def test_load_calendar_only_checks_when_told_so(file: Path) -> None:
    said("load_calendar", str(file), "--check")
    assert not calendar_path("test").exists()


def test_load_calendar_keeps_the_products_own_name(file: Path) -> None:
    file.write_text("calendar,always_open,always_open\n")
    with pytest.raises(CommandError, match="the product's own"):
        said("load_calendar", str(file))


def test_show_calendar_says_phase_day_and_changes() -> None:
    found = json.loads(said("show_calendar", "shfe", "--at", "2026-11-20T20:57", "--changes", "3", "--json"))
    assert (found["trading_day"], found["day_ended"], found["next_trading_day"]) == (20261123, False, 20261124)
    assert found["phases"] == {"SHFE.au": "auction_entry", "SHFE.ag": "auction_entry"}
    assert found["changes"][0] == {
        "at": "2026-11-20T20:59:00+08:00",
        "product": "SHFE.au",
        "phase": "auction_match",
        "trading_day": 20261123,
    }
    assert len(found["changes"]) == 3


def test_show_calendar_refuses_what_is_not_there() -> None:
    with pytest.raises(CommandError, match="there is no calendar 'moon'"):
        said("show_calendar", "moon")
    with pytest.raises(CommandError, match="yesterday"):
        said("show_calendar", "shfe", "--at", "yesterday")
