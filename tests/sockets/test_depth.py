"""Depth deltas: applied to the picture before, they give the picture after."""

from __future__ import annotations

import json
import random

from tests.engine.support import gold
from trading.shapes.contracts import Contract
from trading.sockets.depth import DepthPicture, Levels, changed_levels

CONTRACT = Contract(gold(), lower_ticks=34_400, upper_ticks=45_600)


def applied(levels: list[list[object]], changes: list[list[object]]) -> list[list[object]]:
    """Apply a delta as a client does: an absolute quantity each level, 0 removes."""
    book = dict(map(tuple, levels))
    for price, qty in changes:
        if qty:
            book[price] = qty
        else:
            book.pop(price, None)
    return [[price, qty] for price, qty in book.items()]


def test_gives_only_what_changed() -> None:
    assert changed_levels([(3, 1), (2, 5)], [(4, 2), (3, 1)]) == [(4, 2), (2, 0)]


def test_first_picture_then_delta() -> None:
    picture = DepthPicture(CONTRACT)
    picture.put(seq=5, bids=[(40_000, 3)], asks=[], ts_ns=1)
    frame = json.loads(picture.put(seq=9, bids=[(40_000, 2)], asks=[(40_001, 7)], ts_ns=2) or b"")
    assert frame == {
        "ch": "book.SHFE.au2612",
        "seq": 9,
        "prev": 5,
        "type": "delta",
        "ts_ns": 2,
        "data": {"bids": [["800.00", 2]], "asks": [["800.02", 7]]},
    }
    assert json.loads(picture.full())["data"] == {"bids": [["800.00", 2]], "asks": [["800.02", 7]]}


def test_says_nothing_when_nothing_visible_changed() -> None:
    picture = DepthPicture(CONTRACT)
    picture.put(seq=1, bids=[(40_000, 3)], asks=[], ts_ns=1)
    assert picture.put(seq=2, bids=[(40_000, 3)], asks=[], ts_ns=2) is None
    assert picture.seq == 1


def test_five_levels_are_always_complete() -> None:
    picture = DepthPicture(CONTRACT)
    picture.put(seq=1, bids=[(40_000 - n, 1) for n in range(20)], asks=[], ts_ns=1)
    assert len(json.loads(picture.full5())["data"]["bids"]) == 5
    assert len(json.loads(picture.full())["data"]["bids"]) == 20


def test_snapshot_and_deltas_equal_a_fresh_snapshot() -> None:
    dice = random.Random(5)
    picture = DepthPicture(CONTRACT)
    picture.put(seq=1, bids=some_levels(dice), asks=[], ts_ns=0)
    held = json.loads(picture.full())["data"]["bids"]
    prev = 1
    for seq in range(2, 300):
        frame = picture.put(seq=seq, bids=some_levels(dice), asks=[], ts_ns=seq)
        if frame is None:
            continue
        delta = json.loads(frame)
        assert delta["prev"] == prev
        prev = delta["seq"]
        held = applied(held, delta["data"]["bids"])
        assert sorted(held) == sorted(json.loads(picture.full())["data"]["bids"])


def some_levels(dice: random.Random) -> Levels:
    """Return up to twenty levels."""
    prices = sorted(dice.sample(range(39_980, 40_000), dice.randint(0, 20)), reverse=True)
    return [(price, dice.randint(1, 3)) for price in prices]
