"""Bitstamp: trades are found in the falling volumes of two orders, and played when the younger one is created."""

from __future__ import annotations

from pathlib import Path

import pytest

from trading.engine.types import BUY, SELL
from trading.marketdata.recorded.points import RecordingError
from trading.recordings import bitstamp, formats

from .making import figures, played, queue

HEADER = "id,timestamp,exchange.timestamp,price,volume,action,direction"


def stream(*events: tuple[int, int, str, int, str, str]) -> str:
    """A file: (id, milliseconds, price, volume, action, direction)."""
    return "\n".join([HEADER, *(f"{i},{at},{at},{price},{qty},{act},{way}" for i, at, price, qty, act, way in events)])


BOOK = (
    (1, 10, "236.50", 500, "created", "ask"),
    (2, 20, "236.60", 300, "created", "ask"),
    (3, 30, "236.40", 400, "created", "bid"),
)


def test_finds_the_trades_of_an_aggressor_and_what_it_leaves(tmp_path: Path) -> None:
    session, recording = played(
        tmp_path / "x.csv",
        stream(
            *BOOK,
            (4, 40, "236.60", 900, "created", "bid"),
            (4, 41, "236.60", 400, "changed", "bid"),
            (1, 42, "236.50", 0, "deleted", "ask"),
            (2, 43, "236.60", 0, "deleted", "ask"),
            (4, 44, "236.60", 100, "changed", "bid"),
        ),
        "bitstamp",
    )
    assert recording.lot == 1
    assert figures(session) == {"trades": 2, "exact_fills": 2}
    assert queue(session, BUY, 23_660 // (recording.tick_e9 // 10_000_000)) == [(4, 100)]
    assert session.replay.outcome.open_orders == 2
    assert recording.notes == {}


def test_a_trade_that_passes_over_a_better_order_is_other(tmp_path: Path) -> None:
    session, _recording = played(
        tmp_path / "x.csv",
        stream(
            *BOOK,
            (4, 40, "236.60", 300, "created", "bid"),
            (4, 41, "236.60", 0, "deleted", "bid"),
            (2, 42, "236.60", 0, "deleted", "ask"),
        ),
        "bitstamp",
    )
    assert figures(session) == {"trades": 1, "other": 1}
    assert session.replay.outcome.open_orders == 2


def test_changes_of_price_move_an_order_and_unknown_ids_are_counted(tmp_path: Path) -> None:
    session, recording = played(
        tmp_path / "x.csv",
        stream(
            *BOOK,
            (3, 40, "236.30", 400, "changed", "bid"),
            (9, 50, "236.30", 0, "deleted", "bid"),
            (2, 60, "236.60", 300, "deleted", "ask"),
            (1, 70, "236.50", 200, "changed", "ask"),
        ),
        "bitstamp",
    )
    assert figures(session) == {}
    assert recording.notes == {"records about unknown order ids": 1}
    assert queue(session, BUY, 2_363) == [(3, 400)]
    assert queue(session, SELL, 2_365) == [(1, 200)]


def test_lots_are_as_coarse_as_the_largest_order_needs(tmp_path: Path) -> None:
    text = stream((1, 10, "236.50", 20_000_000_000, "created", "ask"), (2, 11, "236.40", 84_243, "created", "bid"))
    session, recording = played(tmp_path / "x.csv", text, "bitstamp")
    assert recording.lot == 200_000
    assert session.machine.depth(1, 1) == ([(2_364, 1)], [(2_365, 100_000)])


def test_a_lot_that_is_too_small_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(stream((1, 10, "236.50", 20_000_000_000, "created", "ask")))
    with pytest.raises(RecordingError, match="more than 100000 lots of 10000"):
        bitstamp.read(path, lot=10_000)


@pytest.mark.parametrize("line", ["5,1,1,236.5,5,vanished,bid", "5,1,1,236.5,5,created,up", "5,1,1,x,5,created,bid"])
def test_says_what_was_expected_in_which_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"{HEADER}\n{line}\n")
    with pytest.raises(RecordingError, match=r"x\.csv, line 2: expected id, timestamp, price, volume as numbers"):
        formats.read(path, name="bitstamp")
