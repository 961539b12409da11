"""A calendar file that is wrong is refused with its line and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.calendar.support import DAY, DAYS, HEAD, NIGHT
from trading.calendar.loader import load, parse
from trading.calendar.model import CalendarError

GOOD = [*HEAD, *NIGHT, *DAY, *DAYS]


def refusal(lines: list[str]) -> tuple[int, str]:
    """Return line and reason."""
    with pytest.raises(CalendarError) as caught:
        parse(lines)
    assert str(caught.value) == f"line {caught.value.line}: {caught.value.reason}"
    return caught.value.line, caught.value.reason


def changed(old: str, new: str) -> list[str]:
    """Return the good file with one text changed in the one row that holds it."""
    assert sum(old in row for row in GOOD) == 1, old
    return [row.replace(old, new) for row in GOOD]


def without(text: str) -> list[str]:
    """Return the good file without the one row that holds a text."""
    assert sum(text in row for row in GOOD) == 1, text
    return [row for row in GOOD if text not in row]


def test_takes_the_good_file_with_comments_and_empty_lines() -> None:
    found = parse(["# a comment", "", *GOOD, "   # another"])
    assert (found.name, len(found.days), list(found.templates)) == ("test", 5, ["SHFE.au"])
    assert [day.line for day in found.days] == [15, 16, 17, 18, 19]


def test_names_the_line_and_the_gap_of_one_day() -> None:
    assert refusal(without("2026-04-07")) == (
        16,
        "a weekday is missing between 2026-04-06 (line 15) and 2026-04-08: 2026-04-07 (Tuesday);"
        " every weekday is a trading day or a named holiday",
    )


def test_names_a_longer_gap_by_its_ends() -> None:
    assert refusal([*GOOD, "day,2026-04-20,trading,no_night,s"]) == (
        18,
        "7 weekdays are missing between 2026-04-08 (line 17) and 2026-04-20: 2026-04-09 (Thursday) to"
        " 2026-04-17 (Friday); every weekday is a trading day or a named holiday",
    )


DAY_CASES = [
    (
        changed("04-03,trading,no_night", "04-03,trading,night"),
        14,
        "has a night, but a holiday follows: 2026-04-06 清明节",
    ),
    (changed("04-08,trading,no_night", "04-08,trading,night"), 17, "the trading day it belongs to is not in this file"),
    ([*GOOD, "day,2026-04-08,trading,no_night,s"], 18, "2026-04-08 does not come after 2026-04-08 (line 17)"),
    ([*GOOD, "day,2026-04-02,trading,no_night,s"], 18, "2026-04-02 does not come after 2026-04-08 (line 17)"),
    ([*GOOD[:14], "day,2026-04-04,trading,no_night,s", *GOOD[14:]], 15, "2026-04-04 (Saturday) is a weekend"),
    (changed("清明节", ""), 15, "a holiday has a name"),
    (changed("2026-04-07", "2026-04-31"), 16, "'2026-04-31' is no date"),
    (changed("2026-04-07", "7.4.2026"), 16, "'7.4.2026' is no date"),
    (changed("04-07,trading,night", "04-07,trading,maybe"), 16, "'maybe' is neither night nor no_night"),
    (changed("04-07,trading", "04-07,open"), 16, "'open' is neither trading nor holiday"),
    (changed("04-07,trading,night,s", "04-07,trading,night,x"), 16, "the source 'x' has no source row above"),
    (GOOD[:12], 12, "there is no trading day in this file"),
]
SESSION_CASES = [
    (without("break,10:15"), 9, "a gap between 10:15 (line 8) and 10:30; a pause is a break row"),
    (changed("10:30,11:30", "10:20,11:30"), 10, "an overlap between 10:30 (line 9) and 10:20"),
    (changed("13:30,15:00", "13:30,13:30"), 12, "continuous ends at 13:30, not after 13:30"),
    (changed("20:59,21:00", "20:58,21:00"), 4, "an overlap between 20:59 (line 3) and 20:58"),
    (without("auction_match,08:59"), 7, "a gap between 08:59"),
    (changed("night,auction_match", "night,continuous"), 4, "continuous cannot follow auction_entry"),
    (changed("day,auction_entry", "day,auction_match"), 7, "auction_match cannot follow auction_match"),
    (changed("21:00,02:30", "21:00,09:30"), 5, "the night ends after the next day has begun at 08:55"),
    ([*HEAD, *NIGHT, *DAYS], 5, "SHFE.au has a night but no day session"),
    ([*HEAD, *DAYS], 7, "there is no session row"),
    (changed("13:30,15:00", "13:30,25:00"), 12, "a day session ends by 24:00"),
    (changed("13:30,15:00", "13:30,21:00"), 3, "the night begins before the day's end at 21:00"),
    (changed("13:30,15:00", "13:30,15:60"), 12, "'15:60' is no wall time"),
    (changed("night,continuous", "evening,continuous"), 5, "'evening' is neither night nor day"),
    (changed("night,continuous", "night,settlement"), 5, "'settlement' is no phase of a session"),
]
ROW_CASES = [
    ([], 1, "there is no calendar row"),
    (GOOD[1:], 1, "the first row must be: calendar,NAME,timed"),
    ([*GOOD, "calendar,again,timed"], 18, "a second calendar row"),
    (["calendar,Big Name,timed"], 1, "'Big Name' cannot name a calendar"),
    (["calendar,x,sometimes"], 1, "'sometimes' is neither timed nor always_open"),
    ([*GOOD, "holiday,2026-05-01"], 18, "'holiday' is no kind of row"),
    ([*GOOD, "day,2026-04-09,trading,night"], 18, "a day row has 4 fields after its kind, this one has 3"),
    ([*GOOD, 'day,"2026'], 18, "this is no row of comma-separated fields"),
    ([HEAD[0], "source,s,rumoured,x"], 2, "'rumoured' is neither confirmed nor unconfirmed"),
    ([*HEAD, HEAD[1]], 3, "the source 's' has no name or is there twice"),
    (["calendar,free,always_open", *GOOD[1:]], 17, "always open has no sessions and no days"),
]


@pytest.mark.parametrize(("lines", "line", "reason"), DAY_CASES + SESSION_CASES + ROW_CASES)
def test_refuses(lines: list[str], line: int, reason: str) -> None:
    found = refusal(lines)
    assert found[0] == line
    assert reason in found[1]


def test_refuses_bytes_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(b"calendar,x,timed\nsource,s,confirmed,\xff\xfe\n")
    with pytest.raises(CalendarError, match="line 2: this is not UTF-8 text"):
        load(file)


def test_reads_a_file_with_a_mark_and_foreign_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "good.csv"
    file.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(GOOD).encode())
    assert load(file).name == "test"
