"""LOBSTER: messages alone, and with the order book beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from trading.engine.types import BUY, SELL
from trading.marketdata.recorded.points import RecordingError
from trading.recordings import formats

from .making import figures, played, queue

# 1 new, 2 part, 3 delete, 4 execution, 5 hidden execution; prices in 1/10,000.
MESSAGES = """\
34200.1,1,11,100,1000000,1
34200.2,1,12,50,1000000,1
34200.3,5,0,70,1000100,1
34200.4,4,11,100,1000000,1
34200.5,2,12,20,1000000,1
34200.6,1,13,10,1000300,-1
34200.7,3,13,10,1000300,-1
34200.8,7,0,0,-1,-1
"""
# Two levels a side: ask, size, bid, size. The bid of 90 at 99.99 and the offers are older than the messages.
BOOK = """\
1000200,40,1000000,100,1000400,60,999900,90
1000200,40,1000000,150,1000400,60,999900,90
1000200,40,1000000,150,1000400,60,999900,90
1000200,40,1000000,50,1000400,60,999900,90
1000200,40,1000000,30,1000400,60,999900,90
1000200,40,1000000,30,1000300,10,999900,90
1000200,40,1000000,30,1000400,60,999900,90
1000200,40,1000000,30,1000400,60,999900,90
"""


def with_book(folder: Path, messages: str, book: str) -> Path:
    """A message file with its order book beside it."""
    (folder / "day_orderbook_2.csv").write_text(book)
    path = folder / "day_message_2.csv"
    path.write_text(messages)
    return path


def test_plays_messages_and_leaves_out_hidden_executions(tmp_path: Path) -> None:
    session, recording = played(tmp_path / "x.csv", MESSAGES, "lobster")
    assert figures(session) == {"trades": 1, "exact_fills": 1}
    assert queue(session, BUY, 1_000_000 * 100_000 // recording.tick_e9) == [(12, 30)]
    assert recording.notes == {"messages about hidden orders, crosses and halts, not played": 2}


def test_compares_every_row_of_the_book_beside_it(tmp_path: Path) -> None:
    path = with_book(tmp_path, MESSAGES, BOOK)
    session, recording = played(path, MESSAGES, "lobster")
    assert figures(session) == {"trades": 1, "exact_fills": 1}
    assert recording.notes["book rows compared"] == 8
    assert "book rows that differ" not in recording.notes
    assert session.replay.outcome.open_orders == 4


def test_counts_the_rows_that_differ(tmp_path: Path) -> None:
    wrong = BOOK.replace("1000200,40,1000000,50,", "1000200,40,1000000,51,")
    _session, recording = played(with_book(tmp_path, MESSAGES, wrong), MESSAGES, "lobster")
    assert recording.notes["book rows that differ"] == 1


def test_an_execution_of_an_older_order_is_played_on_its_level(tmp_path: Path) -> None:
    messages = "34200.1,1,11,100,1000000,1\n34200.2,4,7,15,1000200,-1\n34200.3,3,8,25,1000200,-1\n"
    book = (
        "1000200,40,1000000,100,1000400,60,999900,90\n"
        "1000200,25,1000000,100,1000400,60,999900,90\n"
        "1000400,60,1000000,100,1000500,5,999900,90\n"
    )
    session, recording = played(with_book(tmp_path, messages, book), messages, "lobster")
    assert figures(session) == {"trades": 1, "exact_fills": 1}
    assert recording.notes == {
        "records about unknown order ids, played on their level": 2,
        "book rows compared": 3,
    }
    assert len(queue(session, SELL, 1_000_500 * 100_000 // recording.tick_e9)) == 1


def test_a_level_that_comes_back_into_sight_is_taken_over_as_it_is(tmp_path: Path) -> None:
    messages = "34200.1,1,11,100,1000000,1\n34200.2,1,12,5,1000050,1\n34200.3,3,12,5,1000050,1\n"
    book = (
        "1000200,40,1000000,100,1000400,60,999900,90\n"
        "1000200,40,1000050,5,1000400,60,1000000,100\n"
        "1000200,40,1000000,100,1000400,60,999900,30\n"  # 60 of the 90 went while nobody could see them
    )
    session, recording = played(with_book(tmp_path, messages, book), messages, "lobster")
    assert "book rows that differ" not in recording.notes
    ((_id, qty),) = queue(session, BUY, 999_900 * 100_000 // recording.tick_e9)
    assert qty == 30


def test_without_a_book_unknown_ids_are_counted(tmp_path: Path) -> None:
    messages = "34200.1,4,7,15,1000200,-1\n34200.2,3,8,25,1000200,-1\n34200.3,1,9,5,1000000,1\n"
    session, recording = played(tmp_path / "x.csv", messages, "lobster")
    assert figures(session) == {}
    assert recording.notes == {
        "trades with unknown orders, not compared": 1,
        "records about unknown order ids": 2,
    }
    assert session.replay.outcome.open_orders == 1


@pytest.mark.parametrize(
    "line", ["34200.1,1,11,100,1000000", "34200.1,9,11,100,1000000,1", "x,1,11,1,1,1", "34200.1,1,11,0,1,1"]
)
def test_says_what_was_expected_in_which_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"34200.1,1,11,100,1000000,1\n{line}\n")
    with pytest.raises(
        RecordingError, match=r"x\.csv, line 2: expected 6 columns: seconds after midnight, type 1 to 7"
    ):
        formats.read(path, name="lobster")


def test_a_book_with_too_few_rows_is_refused(tmp_path: Path) -> None:
    path = with_book(tmp_path, MESSAGES, "".join(BOOK.splitlines(keepends=True)[:3]))
    with pytest.raises(RecordingError, match=r"day_orderbook_2\.csv, line 4: expected as many rows as messages"):
        formats.read(path)
