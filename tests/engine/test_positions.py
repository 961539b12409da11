"""Lots: neighbours of one price become one lot, all others keep their own opening price."""

from trading.engine.counter.positions import Lot, Position
from trading.engine.types import LONG


def lots(head: Lot | None) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    while head is not None:
        found.append((head.price_ticks, head.qty))
        head = head.next
    return found


def test_equal_neighbours_become_one_lot_and_others_do_not() -> None:
    position = Position(LONG)
    # 3,000 and 3,001 round to the same margin a lot: the price alone must keep them apart.
    for price in (3_000, 3_000, 3_001, 3_000):
        position.open_lots(1, price, 2, 3, 20261123, price * 2)
    assert lots(position.today_head) == [(3_000, 4), (3_001, 2), (3_000, 2)]
    assert (position.today_qty, position.margin_fen, position.open_cost_fen) == (8, 24, 24_002)


def test_a_changed_margin_keeps_lots_of_one_price_apart() -> None:
    position = Position(LONG)
    position.open_lots(1, 3_000, 1, 3, 20261123, 3_000)
    position.open_lots(1, 3_000, 1, 4, 20261123, 3_000)
    assert lots(position.today_head) == [(3_000, 1), (3_000, 1)]
    assert position.take_today(1) == (3_000, 3)
    assert position.take_today(1) == (3_000, 4)
    assert (position.today_head, position.today_tail) == (None, None)


def test_what_closing_would_release_is_what_it_releases() -> None:
    position = Position(LONG)
    for price, unit in ((3_000, 3), (3_010, 4), (3_020, 5)):
        position.open_lots(1, price, 2, unit, 20261123, price * 2)
    assert position.margin_of(today=3, yesterday=0) == 10
    assert position.take_today(3) == (9_010, 10)
    position.roll(settlement_value_fen=3_050, margin_unit=7)
    assert (position.margin_fen, position.mark_cost_fen) == (21, 9_150)
    assert position.margin_of(today=0, yesterday=2) == 14
    assert position.take_yesterday(2) == 6_030
