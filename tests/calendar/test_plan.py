"""From calendar and state to commands."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.calendar.support import at, calendar
from trading.calendar.loader import parse
from trading.calendar.model import TIMED, WORDS
from trading.calendar.plan import Standing, market_phase, moves, steps
from trading.choices import PHASE_WORDS
from trading.engine.commands import SetPhase
from trading.engine.exchange.phases import TRANSITIONS
from trading.engine.types import AUCTION_ENTRY, AUCTION_MATCH, BREAK, CLOSED, CONTINUOUS, HALTED, SETTLEMENT

MOVED = (CLOSED, AUCTION_ENTRY, AUCTION_MATCH, CONTINUOUS, BREAK)
TRADING = "2026-04-03T09:30"


def gold(instrument_id: int, phase: int, product: str = "au") -> Standing:
    """Return a gold contract in a phase."""
    return Standing(instrument_id, "SHFE", product, phase)


def planned(*standings: Standing, moment: str = TRADING, trading_day: int = 20260403) -> list[tuple[list[int], int]]:
    """Return the commands as (contracts, phase)."""
    commands = moves(calendar(), standings, market_ns=at(moment), trading_day=trading_day)
    assert all((c.tenant_id, c.actor, c.reason) == (0, "system", "calendar test") for c in commands)
    return [(command.instrument_ids, command.phase) for command in commands]


@pytest.mark.parametrize("before", MOVED)
@pytest.mark.parametrize("wanted", MOVED)
def test_every_way_goes_by_the_table_and_never_through_trading_or_a_halt(before: int, wanted: int) -> None:
    way = steps(before, wanted)
    assert (way[-1] if way else before) == wanted
    assert all(pair in TRANSITIONS for pair in pairwise((before, *way)))
    assert not {CONTINUOUS, HALTED, SETTLEMENT} & set(way[:-1])


@pytest.mark.parametrize(
    ("before", "wanted", "way"),
    [
        (CLOSED, CONTINUOUS, (CONTINUOUS,)),
        (CLOSED, AUCTION_MATCH, (AUCTION_ENTRY, AUCTION_MATCH)),
        (CLOSED, BREAK, (AUCTION_ENTRY, AUCTION_MATCH, BREAK)),
        (AUCTION_ENTRY, CONTINUOUS, (AUCTION_MATCH, CONTINUOUS)),
        (AUCTION_ENTRY, CLOSED, (AUCTION_MATCH, BREAK, CLOSED)),
        (AUCTION_MATCH, AUCTION_ENTRY, (BREAK, AUCTION_ENTRY)),
        (BREAK, BREAK, ()),
    ],
)
def test_ways(before: int, wanted: int, way: tuple[int, ...]) -> None:
    assert steps(before, wanted) == way


def test_one_command_for_what_moves_together() -> None:
    assert planned(gold(3, BREAK), gold(1, BREAK), gold(2, CONTINUOUS)) == [([1, 3], CONTINUOUS)]


def test_contracts_from_different_phases_walk_their_own_ways() -> None:
    assert planned(gold(1, CLOSED), gold(2, CONTINUOUS), gold(3, AUCTION_ENTRY), moment="2026-04-03T10:20") == [
        ([1], AUCTION_ENTRY),
        ([1], AUCTION_MATCH),
        ([1], BREAK),
        ([3], AUCTION_MATCH),
        ([3], BREAK),
        ([2], BREAK),
    ]


def test_what_stands_where_it_should_is_left_alone() -> None:
    assert planned(gold(1, CONTINUOUS)) == []


@pytest.mark.parametrize("phase", [HALTED, SETTLEMENT])
def test_what_the_operator_holds_is_left_alone(phase: int) -> None:
    assert planned(gold(1, phase)) == []


def test_a_product_without_sessions_is_left_alone() -> None:
    assert planned(gold(1, CLOSED, "cu"), gold(2, CLOSED)) == [([2], CONTINUOUS)]


@pytest.mark.parametrize("trading_day", [0, 20260402, 20260407])
def test_a_day_on_which_the_books_do_not_stand_does_not_begin(trading_day: int) -> None:
    assert planned(gold(1, CLOSED), trading_day=trading_day) == []
    assert planned(gold(1, CONTINUOUS), trading_day=trading_day) == [([1], CLOSED)]


def test_the_night_begins_only_on_the_next_days_books() -> None:
    night = "2026-04-02T20:56"
    assert planned(gold(1, CLOSED), moment=night, trading_day=20260402) == []
    assert planned(gold(1, CLOSED), moment=night, trading_day=20260403) == [([1], AUCTION_ENTRY)]


def test_always_open_opens_what_was_left_closed() -> None:
    free = parse(["calendar,free,always_open"])
    commands = moves(free, [gold(1, CLOSED), gold(2, HALTED), gold(3, CONTINUOUS)], market_ns=0, trading_day=0)
    assert commands == [SetPhase(0, [1], CONTINUOUS, "calendar free", "system")]


def test_the_market_is_as_open_as_its_most_open_contract() -> None:
    assert market_phase([CLOSED, AUCTION_ENTRY, HALTED]) == AUCTION_ENTRY
    assert market_phase([HALTED, CLOSED]) == HALTED
    assert market_phase([]) == CONTINUOUS


def test_words_are_those_of_the_api() -> None:
    assert WORDS == PHASE_WORDS
    assert set(TIMED) == {"auction_entry", "auction_match", "continuous", "break"}
