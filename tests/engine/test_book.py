"""One contract for both books: the fast one and its naive twin."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trading.engine.book_order import BookOrder
from trading.engine.exchange import reference_book
from trading.engine.exchange.book import Book
from trading.engine.exchange.matching import fillable_qty, match
from trading.engine.exchange.reference_book import Outcome, ReferenceBook
from trading.engine.types import BUY, SELL


class FastBook:
    """The engine's book behind the words of the twin."""

    def __init__(self) -> None:
        self.book = Book()
        self.orders: dict[int, BookOrder] = {}

    def enter(self, *, order_id: int, side: int, price_ticks: int, qty: int, group: int, rests: bool) -> Outcome:
        order = BookOrder(order_id, side, price_ticks, qty, group)
        makers: list[BookOrder] = []
        qtys: list[int] = []
        stopped = match(self.book, order, makers, qtys)
        if order.leaves_qty and rests and not stopped:
            self.book.add(order)
            self.orders[order_id] = order
        fills = [(maker.order_id, maker.price_ticks, lots) for maker, lots in zip(makers, qtys, strict=True)]
        for maker in makers:
            if maker.leaves_qty == 0:
                del self.orders[maker.order_id]
        return Outcome(fills, order.leaves_qty, stopped)

    def fillable(self, *, side: int, price_ticks: int, qty: int, group: int) -> int:
        return fillable_qty(self.book, BookOrder(0, side, price_ticks, qty, group))

    def cancel(self, order_id: int) -> bool:
        order = self.orders.pop(order_id, None)
        if order is None:
            return False
        self.book.remove(order)
        return True

    def reduce(self, order_id: int, qty: int) -> None:
        if order_id in self.orders:
            self.book.reduce(self.orders[order_id], qty)

    def depth(self, levels: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        return self.book.depth(levels)


AnyBook = FastBook | ReferenceBook


@pytest.fixture(params=[FastBook, ReferenceBook])
def book(request: pytest.FixtureRequest) -> AnyBook:
    make: Callable[[], AnyBook] = request.param
    return make()


def rest(book: AnyBook, order_id: int, side: int, price: int, qty: int, group: int = 0) -> Outcome:
    return book.enter(order_id=order_id, side=side, price_ticks=price, qty=qty, group=group or order_id * 2, rests=True)


def test_it_trades_the_best_price_first_and_at_one_price_the_oldest(book: AnyBook) -> None:
    rest(book, 1, SELL, 102, 3)
    rest(book, 2, SELL, 101, 2)
    rest(book, 3, SELL, 101, 4)
    assert rest(book, 4, BUY, 102, 8) == Outcome([(2, 101, 2), (3, 101, 4), (1, 102, 2)], 0, False)
    assert book.depth(5) == ([], [(102, 1)])


def test_it_rests_what_is_left_at_its_own_price(book: AnyBook) -> None:
    rest(book, 1, SELL, 101, 2)
    assert rest(book, 2, BUY, 103, 5) == Outcome([(1, 101, 2)], 3, False)
    assert book.depth(5) == ([(103, 3)], [])


def test_it_stops_at_the_first_own_order(book: AnyBook) -> None:
    rest(book, 1, BUY, 100, 2, group=7)
    rest(book, 2, BUY, 99, 5, group=8)
    rest(book, 3, BUY, 98, 5, group=7)
    assert rest(book, 4, SELL, 98, 20, group=8) == Outcome([(1, 100, 2)], 18, True)
    assert book.depth(5) == ([(99, 5), (98, 5)], [])


def test_it_counts_only_lots_that_would_trade(book: AnyBook) -> None:
    rest(book, 1, SELL, 101, 2, group=7)
    rest(book, 2, SELL, 102, 2, group=8)
    rest(book, 3, SELL, 103, 2, group=9)
    assert book.fillable(side=BUY, price_ticks=102, qty=10, group=1) == 4
    assert book.fillable(side=BUY, price_ticks=103, qty=3, group=1) == 3
    assert book.fillable(side=BUY, price_ticks=103, qty=9, group=8) == 2
    assert book.fillable(side=BUY, price_ticks=100, qty=9, group=1) == 0


def test_a_reduced_order_keeps_its_place(book: AnyBook) -> None:
    rest(book, 1, SELL, 101, 5)
    rest(book, 2, SELL, 101, 5)
    book.reduce(1, 2)
    assert book.depth(1) == ([], [(101, 7)])
    assert rest(book, 3, BUY, 101, 3).fills == [(1, 101, 2), (2, 101, 1)]


def test_cancelling_takes_an_order_out_of_the_middle_of_its_queue(book: AnyBook) -> None:
    for order_id in (1, 2, 3):
        rest(book, order_id, BUY, 100, order_id)
    assert book.cancel(2)
    assert not book.cancel(2)
    assert book.depth(9) == ([(100, 4)], [])
    assert rest(book, 4, SELL, 100, 9).fills == [(1, 100, 1), (3, 100, 3)]


def test_depth_lists_the_best_levels_only(book: AnyBook) -> None:
    for at, price in enumerate((95, 99, 97, 96, 98)):
        rest(book, at + 1, BUY, price, at + 1)
        rest(book, at + 11, SELL, price + 10, at + 1)
    assert book.depth(2) == ([(99, 2), (98, 5)], [(105, 1), (106, 4)])
    assert book.depth(0) == ([], [])


def test_the_naive_book_shares_no_code_with_the_fast_one() -> None:
    assert "trading" not in inspect.getsource(reference_book)


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("enter"),
            st.sampled_from((BUY, SELL)),
            st.integers(95, 105),
            st.integers(1, 9),
            st.integers(1, 4),
            st.booleans(),
        ),
        st.tuples(st.just("cancel"), st.integers(0, 60)),
        st.tuples(st.just("reduce"), st.integers(0, 60), st.integers(1, 4)),
    ),
    max_size=60,
)


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_both_books_say_the_same_of_generated_orders(steps: list[tuple]) -> None:
    fast, naive = FastBook(), ReferenceBook()
    for number, step in enumerate(steps, 1):
        if step[0] == "enter":
            _, side, price, qty, group, rests = step
            terms = {"side": side, "price_ticks": price, "qty": qty, "group": group}
            assert fast.fillable(**terms) == naive.fillable(**terms)
            assert fast.enter(order_id=number, rests=rests, **terms) == naive.enter(
                order_id=number, rests=rests, **terms
            )
        elif step[0] == "cancel":
            assert fast.cancel(step[1]) == naive.cancel(step[1])
        else:
            standing = next((entry.qty for entry in naive.entries if entry.order_id == step[1]), 0)
            lower = min(standing, step[2])
            if lower:
                fast.reduce(step[1], lower)
                naive.reduce(step[1], lower)
        bids, asks = fast.depth(20)
        assert (bids, asks) == naive.depth(20)
        assert not bids or not asks or bids[0][0] < asks[0][0]
