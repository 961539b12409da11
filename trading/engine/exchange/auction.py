"""The call auction (集合竞价): one price at which the most lots trade.

Of the prices with the largest volume the one with the smallest surplus is taken, then the venue's rule decides:
nearest to the previous settlement, or the highest.
"""

from __future__ import annotations

from trading.engine.book_order import BookOrder, Level
from trading.engine.exchange.book import Book, BookSide, show_next
from trading.engine.types import AUCTION_HIGHEST


class Equilibrium:
    """The auction's outcome: its price, the lots that trade, the lots left over there (> 0 buyers, < 0 sellers)."""

    __slots__ = ("price_ticks", "qty", "surplus")

    def __init__(self, price_ticks: int, qty: int, surplus: int) -> None:
        self.price_ticks = price_ticks
        self.qty = qty
        self.surplus = surplus


def _lots(level: Level) -> int:
    """All lots at a price: an auction sees what icebergs hide."""
    total = 0
    order = level.head
    while order is not None:
        total += order.leaves_qty + order.hidden_qty
        order = order.next
    return total


def equilibrium(book: Book, *, reference_ticks: int, rule: int) -> Equilibrium | None:
    """Find the auction's price; None when no bid reaches an ask."""
    bids = {price: _lots(level) for price, level in book.bids.levels.items()}
    asks = {price: _lots(level) for price, level in book.asks.levels.items()}
    if not bids or not asks or max(bids) < min(asks):
        return None
    buying = sum(bids.values())
    selling = 0
    below = 0  # bids below the price looked at
    found: list[tuple[int, int, int]] = []
    for price in sorted(bids.keys() | asks.keys()):
        selling += asks.get(price, 0)
        wanted = buying - below
        found.append((price, min(wanted, selling), wanted - selling))
        below += bids.get(price, 0)
    most = max(qty for _price, qty, _surplus in found)
    found = [item for item in found if item[1] == most]
    least = min(abs(surplus) for _price, _qty, surplus in found)
    found = [item for item in found if abs(item[2]) == least]
    if rule == AUCTION_HIGHEST:
        return Equilibrium(*max(found))
    # Between two equally near prices the higher one: a rule is needed, and the exchange's is not published.
    return Equilibrium(*min(found, key=lambda item: (abs(item[0] - reference_ticks), -item[0])))


def next_pair(book: Book, price_ticks: int) -> tuple[BookOrder, BookOrder] | None:
    """The two orders first in line that both accept a price: (bid, ask)."""
    bid, ask = book.bids.best, book.asks.best
    if bid is None or ask is None or bid.price_ticks < price_ticks or ask.price_ticks > price_ticks:
        return None
    if bid.head is None or ask.head is None:
        return None
    return bid.head, ask.head


def fill_resting(side: BookSide, order: BookOrder, qty: int) -> None:
    """Take lots from the order at the head of the best level; one that is done leaves the book."""
    level = order.level
    if level is None:
        return
    order.leaves_qty -= qty
    level.qty -= qty
    if order.leaves_qty:
        return
    if order.hidden_qty:
        show_next(level, order)
        return
    level.head = order.next
    order.level = order.next = None
    if level.head is None:
        level.tail = None
        side.drop(level)
    else:
        level.head.prev = None
