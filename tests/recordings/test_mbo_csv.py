"""CME's market by order: each class of trade on a recording made by hand, and the books equal after each."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from trading.engine.events import OrderReplaced
from trading.engine.invariants import check
from trading.engine.types import BUY, SELL
from trading.marketdata.recorded.points import RecordingError
from trading.recordings import formats

from .making import BASE, BOOK, MBO_HEADER, QUARTER, figures, mbo, mbo_line, played, queue

ZERO = BASE // QUARTER  # the tick of price 4,800
DIFFER = "orders of which the engine's book and the recording's differ at the end"


def test_a_trade_in_price_time_priority_is_exact(tmp_path: Path) -> None:
    session, recording = played(
        tmp_path / "x.csv",
        mbo(
            *BOOK,
            (9, "T", "A", 0, 6, 301),
            (9, "F", "B", 0, 5, 101),
            (9, "F", "B", 0, 1, 102),
            (9, "C", "B", 0, 5, 101),
            (9, "M", "B", 0, 2, 102),
        ),
    )
    assert figures(session) == {"trades": 1, "exact_fills": 1}
    assert recording.notes == {}
    outcome = session.replay.outcome
    assert (str(outcome.best_bid), str(outcome.best_ask), outcome.open_orders) == ("4800", "4800.5", 4)
    assert queue(session, BUY, ZERO) == [(102, 2)]
    assert check(session.machine) == []


def test_one_aggressor_through_two_prices_is_two_trades(tmp_path: Path) -> None:
    session, recording = played(
        tmp_path / "x.csv",
        mbo(
            *BOOK,
            (9, "T", "B", 2, 6, 301),
            (9, "F", "A", 2, 6, 201),
            (9, "T", "B", 3, 2, 301),
            (9, "F", "A", 3, 2, 202),
            (9, "A", "B", 3, 4, 301),
            (9, "C", "A", 2, 6, 201),
            (9, "C", "A", 3, 2, 202),
        ),
    )
    assert figures(session) == {"trades": 2, "exact_fills": 2}
    assert queue(session, BUY, ZERO + 3) == [(301, 4)]
    assert recording.notes == {}


def test_a_fill_out_of_turn_is_other_and_the_queue_is_mended(tmp_path: Path) -> None:
    session, recording = played(
        tmp_path / "x.csv",
        mbo(*BOOK, (9, "T", "A", 0, 3, 301), (9, "F", "B", 0, 3, 102), (9, "C", "B", 0, 3, 102)),
    )
    assert figures(session) == {"trades": 1, "other": 1}
    (verdict,) = session.replay.judge.others
    assert (verdict.line, verdict.recorded, verdict.engine) == (7, [(102, ZERO, 3)], [(101, ZERO, 3)])
    assert queue(session, BUY, ZERO) == [(101, 5)]
    assert DIFFER not in recording.notes


def test_the_same_fills_in_another_sequence_are_reordered(tmp_path: Path) -> None:
    session, _recording = played(
        tmp_path / "x.csv",
        mbo(
            *BOOK,
            (9, "T", "A", 0, 8, 301),
            (9, "F", "B", 0, 3, 102),
            (9, "F", "B", 0, 5, 101),
            (9, "C", "B", 0, 3, 102),
            (9, "C", "B", 0, 5, 101),
        ),
    )
    assert figures(session) == {"trades": 1, "reordered": 1}


def test_two_aggressors_of_one_moment_may_have_each_others_fills(tmp_path: Path) -> None:
    session, _recording = played(
        tmp_path / "x.csv",
        mbo(
            *BOOK,
            (9, "T", "A", 0, 3, 301),
            (9, "F", "B", 0, 3, 102),
            (9, "T", "A", 0, 5, 302),
            (9, "F", "B", 0, 5, 101),
            (9, "C", "B", 0, 3, 102),
            (9, "C", "B", 0, 5, 101),
        ),
    )
    assert figures(session) == {"trades": 2, "reordered": 2}


def test_an_iceberg_trades_more_than_it_shows_and_its_refresh_goes_to_the_back(tmp_path: Path) -> None:
    session, recording = played(
        tmp_path / "x.csv",
        mbo(
            *BOOK,
            (9, "T", "A", 0, 10, 301),
            (9, "F", "B", 0, 7, 101),
            (9, "F", "B", 0, 3, 102),
            (9, "C", "B", 0, 3, 102),
            (9, "M", "B", 0, 5, 101),
            (10, "A", "B", 0, 1, 104),
            (11, "T", "A", 0, 5, 302),
            (11, "F", "B", 0, 5, 101),
            (11, "M", "B", 0, 5, 101),
        ),
    )
    assert figures(session) == {"trades": 2, "iceberg": 1, "exact_fills": 1}
    assert queue(session, BUY, ZERO) == [(104, 1), (101, 5)]
    assert DIFFER not in recording.notes


def test_an_iceberg_that_took_others_lots_is_other(tmp_path: Path) -> None:
    session, _recording = played(
        tmp_path / "x.csv",
        mbo(*BOOK, (9, "T", "A", 0, 7, 301), (9, "F", "B", 0, 7, 101), (9, "M", "B", 0, 5, 101)),
    )
    assert figures(session) == {"trades": 1, "other": 1}
    assert queue(session, BUY, ZERO) == [(102, 3), (101, 5)]


def test_what_is_cancelled_in_an_aggressors_way_was_its_own(tmp_path: Path) -> None:
    session, _recording = played(
        tmp_path / "x.csv",
        mbo(
            *BOOK,
            (9, "T", "A", 0, 3, 301),
            (9, "F", "B", 0, 3, 102),
            (9, "C", "B", 0, 5, 101),
            (9, "C", "B", 0, 3, 102),
        ),
    )
    assert figures(session) == {"trades": 1, "exact_fills": 1, "self_match": 1}


def test_an_order_that_meets_only_its_own_cancels_it_and_rests(tmp_path: Path) -> None:
    session, recording = played(
        tmp_path / "x.csv", mbo(*BOOK, (9, "A", "B", 2, 4, 301), (9, "C", "A", 2, 6, 201), (10, "C", "B", 0, 3, 102))
    )
    assert figures(session) == {"self_match": 1}
    assert queue(session, BUY, ZERO + 2) == [(301, 4)]
    assert recording.notes == {}


def test_a_resting_order_whose_change_crosses_is_the_aggressor(tmp_path: Path) -> None:
    session, _recording = played(
        tmp_path / "x.csv",
        mbo(
            *BOOK,
            (9, "T", "B", 2, 4, 103),
            (9, "F", "B", 2, 4, 103),
            (9, "F", "A", 2, 4, 201),
            (9, "C", "B", -1, 4, 103),
            (9, "M", "A", 2, 2, 201),
        ),
    )
    assert figures(session) == {"trades": 1, "exact_fills": 1}
    assert any(isinstance(event, OrderReplaced) for events in session.answers for event in events)
    assert queue(session, SELL, ZERO + 2) == [(201, 2)]


def test_less_keeps_the_place_and_more_or_another_price_loses_it(tmp_path: Path) -> None:
    session, _recording = played(
        tmp_path / "x.csv",
        mbo(
            *BOOK,
            (9, "M", "B", 0, 4, 101),
            (10, "M", "B", 0, 9, 101),
            (11, "A", "B", 0, 1, 104),
            (12, "M", "B", -1, 3, 102),
            (13, "C", "A", 2, 1, 201),
        ),
    )
    assert queue(session, BUY, ZERO) == [(101, 9), (104, 1)]
    assert queue(session, BUY, ZERO - 1) == [(103, 4), (102, 3)]
    assert queue(session, SELL, ZERO + 2) == [(201, 5)]


def test_the_pre_open_is_an_auction_and_its_print_no_trade(tmp_path: Path) -> None:
    session, recording = played(
        tmp_path / "x.csv",
        mbo(
            *BOOK,
            (6, "A", "B", 2, 4, 104),
            (7, "A", "A", 0, 4, 203),
            (9, "T", "N", 0, 8, 0),
            (9, "F", "N", 0, 4, 104),
            (9, "F", "N", 0, 4, 203),
            (9, "C", "B", 2, 4, 104),
            (9, "C", "A", 0, 4, 203),
            (10, "T", "B", 2, 6, 301),
            (10, "F", "A", 2, 6, 201),
            (10, "C", "A", 2, 6, 201),
        ),
    )
    assert figures(session) == {"trades": 1, "exact_fills": 1}
    assert session.replay.outcome.open_orders == 4
    assert any(note.startswith("auction: 4 lots of the visible book") for note in recording.notes)


def test_a_print_without_aggressor_in_an_open_market_is_not_an_auction(tmp_path: Path) -> None:
    session, recording = played(
        tmp_path / "x.csv", mbo(*BOOK, (9, "T", "N", 0, 5, 0), (9, "F", "N", 0, 5, 101), (9, "C", "B", 0, 5, 101))
    )
    assert figures(session) == {}
    assert recording.notes == {}
    assert queue(session, BUY, ZERO) == [(102, 3)]


def test_unknown_ids_are_counted_and_the_replay_goes_on(tmp_path: Path) -> None:
    session, recording = played(
        tmp_path / "x.csv",
        mbo(
            *BOOK,
            (6, "C", "B", 0, 5, 901),
            (7, "M", "B", 0, 5, 902),
            (8, "T", "A", 0, 5, 301),
            (8, "F", "B", 0, 5, 903),
            (9, "A", "B", -1, 2, 103),
            (10, "T", "A", 0, 5, 302),
            (10, "F", "B", 0, 5, 101),
            (10, "C", "B", 0, 5, 101),
        ),
    )
    assert figures(session) == {"trades": 1, "exact_fills": 1}
    assert recording.notes == {
        "records about unknown order ids": 2,
        "trades with unknown orders, not compared": 1,
        "orders added twice": 1,
    }
    assert queue(session, BUY, ZERO) == [(102, 3), (902, 5)]


def test_an_order_whose_end_was_not_recorded_goes_when_a_later_one_rests_beyond_it(tmp_path: Path) -> None:
    session, recording = played(
        tmp_path / "x.csv",
        mbo(*BOOK, (9, "A", "B", 2, 1, 104), (10, "C", "A", 2, 6, 201), (11, "A", "A", 4, 1, 203)),
    )
    assert queue(session, BUY, ZERO + 2) == [(104, 1)]
    assert session.replay.outcome.open_orders == 6
    assert recording.notes == {
        "trades that the recording does not have": 1,
        "orders taken as gone, because a later one came to rest beyond them": 1,
        "orders entered again to mend a queue": 1,
    }


def test_a_fill_takes_its_lots_even_if_no_change_of_the_order_followed(tmp_path: Path) -> None:
    session, recording = played(
        tmp_path / "x.csv", mbo(*BOOK, (9, "T", "A", 0, 7, 301), (9, "F", "B", 0, 5, 101), (9, "F", "B", 0, 2, 102))
    )
    assert figures(session) == {"trades": 1, "exact_fills": 1}
    assert queue(session, BUY, ZERO) == [(102, 1)]
    assert recording.notes == {"fills that no change of the order followed": 2}


def test_a_recording_of_nothing_but_a_pre_open_stays_crossed(tmp_path: Path) -> None:
    session, recording = played(tmp_path / "x.csv", mbo(*BOOK, (9, "A", "B", 3, 1, 104)))
    assert figures(session) == {}
    assert session.machine.depth(1, 1) == ([(ZERO + 3, 1)], [(ZERO + 2, 6)])
    assert recording.notes == {}


def test_a_clear_empties_the_book(tmp_path: Path) -> None:
    text = mbo(*BOOK, (9, "R", "N", 0, 0, 0), (10, "A", "B", 0, 1, 104))
    session, recording = played(tmp_path / "x.csv", text.replace(f"R,N,{BASE}", f"R,N,{2**63 - 1}"))
    assert session.replay.outcome.open_orders == 1
    assert recording.tick_e9 == 250_000_000


def test_prices_below_zero_are_played_on_a_base_of_their_own(tmp_path: Path) -> None:
    rows = [(1, "A", "B", -37_630_000_000, 5, 1), (2, "A", "A", 10_000_000, 5, 2)]
    lines = [f"{at},{at},{action},{side},{price},{size},{order},128,1" for at, action, side, price, size, order in rows]
    session, recording = played(tmp_path / "x.csv", "\n".join([MBO_HEADER, *lines]))
    outcome = session.replay.outcome
    assert (str(outcome.best_bid), str(outcome.best_ask), outcome.open_orders) == ("-37.63", "0.01", 2)
    assert recording.notes == {}


def test_columns_may_stand_in_any_order_and_the_file_be_packed(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    text = "order_id,size,price_e9,side,action,ts_event_ns\n7,3,4800000000000,B,A,1\n"
    path.write_bytes(gzip.compress(text.encode()))
    (packet,) = formats.read(path).packets
    (record,) = packet.records
    assert (record.order_id, record.qty, record.side, record.price) == (7, 3, BUY, 1)


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("a,b,c\n1,2,3\n", 1, "expected a header with ts_event_ns, action, side, price_e9, size, order_id"),
        ("", 1, "found nothing"),
        (f"{MBO_HEADER}\n", 2, "expected records"),
        (f"{MBO_HEADER}\n{mbo_line(1, 'A', 'B', 0, 5, 1)}\n{mbo_line(1, 'X', 'B', 0, 5, 2)}\n", 3, "an action of A"),
        (f"{MBO_HEADER}\n1,1,A,B,12.5,1,1,1,1\n", 2, "whole numbers"),
        (f"{MBO_HEADER}\n1,1,A\n", 2, "whole numbers"),
        (f"{MBO_HEADER}\n{mbo_line(1, 'A', 'N', 0, 5, 1)}\n", 2, "expected a side"),
        (f"{MBO_HEADER}\n{mbo_line(1, 'A', 'B', 0, 0, 1)}\n", 2, "size above 0"),
        (f"{MBO_HEADER}\n{mbo_line(1, 'A', 'B', 0, 200_000, 1)}\n", 2, "at most 100000"),
        (f"{MBO_HEADER}\n1,1,A,B,1,1,1,1,1\n1,1,A,B,999999999999,1,2,1,1\n", 3, "give --tick"),
    ],
)
def test_says_what_was_expected_in_which_line(tmp_path: Path, text: str, line: int, word: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(RecordingError, match=rf"^x\.csv, line {line}: ") as problem:
        formats.read(path, name="mbo-csv")
    assert word in str(problem.value)


def test_a_price_off_the_given_tick_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(mbo(*BOOK))
    with pytest.raises(RecordingError, match=r"line 4: expected a price in steps of 0\.5, found 4799\.75"):
        formats.read(path, tick_e9=500_000_000)
