"""Price-time priority: the best price first, at one price the oldest first, at the resting order's price.

Orders under one control never meet: matching stops at the first own order, which costs one comparison a fill instead of
a search through own orders before.
"""

from trading.engine.book_order import BookOrder
from trading.engine.exchange.book import Book, show_next
from trading.engine.types import BUY


def match(book: Book, taker: BookOrder, makers: list[BookOrder], qtys: list[int]) -> bool:
    """Fill `taker` as far as its price goes; append each resting order met and the lots. True: an own order stopped it.

    `taker.price_ticks` is its limit (a market order carries the edge of the band). Filled makers leave the book.
    """
    opposite = book.asks if taker.side == BUY else book.bids
    worst_key = taker.price_ticks * opposite.sign
    sign = opposite.sign
    leaves = taker.leaves_qty
    own = taker.group_key
    level = opposite.best
    while leaves and level is not None and level.price_ticks * sign >= worst_key:
        maker = level.head
        while leaves and maker is not None:
            if maker.group_key == own:
                taker.leaves_qty = leaves
                return True
            makers.append(maker)
            maker_leaves = maker.leaves_qty
            if maker_leaves > leaves:
                qtys.append(leaves)
                maker.leaves_qty = maker_leaves - leaves
                level.qty -= leaves
                leaves = 0
                break
            qtys.append(maker_leaves)
            leaves -= maker_leaves
            level.qty -= maker_leaves
            if maker.hidden_qty:
                show_next(level, maker)
                maker = level.head
                continue
            maker.leaves_qty = 0
            maker.level = None
            after = maker.next
            maker.next = None
            level.head = after
            if after is None:
                level.tail = None
                opposite.drop(level)
            else:
                after.prev = None
            maker = after
        level = opposite.best
    taker.leaves_qty = leaves
    return False


def fillable_qty(book: Book, taker: BookOrder, *, past_own: bool = False) -> int:
    """Count the lots that would be filled now, up to what the order wants: the question of a fill-or-kill order.

    `past_own`: own resting orders make way (they are cancelled) instead of stopping it.
    """
    opposite = book.asks if taker.side == BUY else book.bids
    sign = opposite.sign
    worst_key = taker.price_ticks * sign
    wanted = taker.leaves_qty
    found = 0
    for key in reversed(opposite.keys):
        if key < worst_key:
            break
        maker = opposite.levels[key * sign].head
        shown = hidden = 0
        while maker is not None:
            if maker.group_key != taker.group_key:
                shown += maker.leaves_qty
                hidden += maker.hidden_qty
                if found + shown >= wanted:
                    return wanted
            elif not past_own:
                # What icebergs before it hide queues up behind it.
                return found + shown
            maker = maker.next
        found += shown + hidden
        if found >= wanted:
            return wanted
    return found
