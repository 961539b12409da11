"""Joins exchange and counter for one order at a time: match, book each fill on both sides, end or rest what is left.

What follows from trades (stops that were reached, second legs that must go, protection of what was opened) happens
after the order at work is done, in an order of its own: `settle_follow_ups`.
"""

from __future__ import annotations

from typing import Final

from trading.engine.book_order import BookOrder
from trading.engine.counter.fills import book_fill
from trading.engine.counter.freezing import release
from trading.engine.counter.order_states import CANCEL, EXPIRE, next_state
from trading.engine.counter.orders import Order
from trading.engine.counter.specials import unlink
from trading.engine.errors import EngineBrokenError
from trading.engine.events import Event, OrderCanceled, Trade
from trading.engine.exchange.book import BookSide
from trading.engine.exchange.market import Market
from trading.engine.exchange.matching import fillable_qty, match
from trading.engine.exchange.price_rule import median_price
from trading.engine.exchange.stops import StopBook
from trading.engine.order_terms import RESTING, UNPRICED
from trading.engine.state import State
from trading.engine.types import (
    AUCTION_ENTRY,
    BUY,
    CANCELED_FOK,
    CANCELED_IOC,
    CANCELED_MARKET,
    CANCELED_MIN_QTY,
    CANCELED_OCO,
    CANCELED_SELF_TRADE,
    DAY,
    EXPIRING,
    FOK,
    HELD,
    LIMIT,
    OPEN,
    PRICE_RESTING,
    STP_BOTH,
    STP_NEWEST,
    STP_OLDEST,
)


class Execution:
    """The way of an accepted order through the exchange, and the end of any order."""

    __slots__ = ("_makers", "_qtys", "_state", "at_ns", "high_ticks", "low_ticks", "touched", "traded")

    def __init__(self, state: State) -> None:
        self._state: Final = state
        self.at_ns = 0  # of the command at work, for the orders that follow from it
        # Reused by every order, so that matching allocates nothing.
        self._makers: Final[list[BookOrder]] = []
        self._qtys: Final[list[int]] = []
        self.touched: Final[list[Order]] = []  # special orders that were filled
        # Where was traded since stops were last looked at, and between which prices.
        self.traded: Market | None = None
        self.low_ticks = self.high_ticks = 0

    def run(self, order: Order, market: Market, actor: str, events: list[Event]) -> None:
        """Match an order that has just been accepted or has lost its place; it is not in the book.

        A new order is entered among the working ones only when it comes to rest: most that trade never do.
        """
        book = market.book
        if order.side == BUY:
            side, opposite = book.bids, book.asks
            best = opposite.best
            meets = best is not None and best.price_ticks <= order.price_ticks
        else:
            side, opposite = book.asks, book.bids
            best = opposite.best
            meets = best is not None and best.price_ticks >= order.price_ticks
        if market.phase == AUCTION_ENTRY:
            self._rest(order, side)
            return
        if order.time_in_force == FOK or order.special is not None:
            reason = self._unfillable(order, market)
            if reason:
                self.end(order, reason, actor, events)
                return
        if meets:
            self.meet(order, market, side, opposite, actor, events)
        else:  # nobody to meet: most orders of a quiet market, which need no matching at all
            self._leave(order, side, actor, events)

    def meet(
        self, order: Order, market: Market, side: BookSide, opposite: BookSide, actor: str, events: list[Event]
    ) -> None:
        """Match an order that reaches the opposite side; end or rest what is left."""
        stopped = match(market.book, order, self._makers, self._qtys)
        if self._makers:
            self._book_trades(order, market, events)
        # An order that closes by force is not the one that goes.
        if stopped and (order.account.stp_mode != STP_NEWEST or order.is_forced()):
            stopped = self._clear_own(order, market, opposite, actor, events)
        if order.leaves_qty == 0:
            self._forget(order)
        elif stopped:
            self.end(order, CANCELED_SELF_TRADE, actor, events)
        else:
            self._leave(order, side, actor, events)

    def _leave(self, order: Order, side: BookSide, actor: str, events: list[Event]) -> None:
        """What could not be filled rests, where the order may."""
        if order.order_type in UNPRICED:
            self.end(order, CANCELED_MARKET, actor, events)
        elif order.time_in_force != DAY and order.time_in_force not in RESTING:
            self.end(order, CANCELED_IOC, actor, events)
        else:
            self._rest(order, side)

    def _unfillable(self, order: Order, market: Market) -> str:
        """The reason for which an order that wants all or much at once gets nothing; empty when it may go on."""
        minimum = order.special.terms.min_qty if order.special is not None else 0
        if order.time_in_force != FOK and minimum == 0:
            return ""
        found = fillable_qty(market.book, order, past_own=order.account.stp_mode == STP_OLDEST)
        if order.time_in_force == FOK:
            return "" if found >= order.leaves_qty else CANCELED_FOK
        return "" if found >= minimum else CANCELED_MIN_QTY

    def _clear_own(self, order: Order, market: Market, opposite: BookSide, actor: str, events: list[Event]) -> bool:
        """Take own resting orders out of an order's way; True when the order itself must go too."""
        stopped = True
        while stopped:
            level = opposite.best
            own = level.head if level is not None else None
            if not isinstance(own, Order):
                raise EngineBrokenError("matching stopped at nobody")
            self.end(own, CANCELED_SELF_TRADE, actor, events)
            if order.account.stp_mode == STP_BOTH:
                return True
            stopped = match(market.book, order, self._makers, self._qtys)
            if self._makers:
                self._book_trades(order, market, events)
        return False

    def _rest(self, order: Order, side: BookSide) -> None:
        if order.display_qty:
            hidden = order.leaves_qty - order.display_qty
            if hidden > 0:
                order.hidden_qty = hidden
                order.leaves_qty = order.display_qty
        side.add(order)
        if not order.is_listed:  # `enlist` written out: most orders come to rest
            order.account.add_order(order)
            self._state.orders[order.order_id] = order

    def enlist(self, order: Order) -> None:
        """Enter an order among the working ones, which stand in the order of their numbers."""
        if not order.is_listed:
            order.account.add_order(order)
            self._state.orders[order.order_id] = order

    def hold(self, order: Order, market: Market) -> None:
        """Let a stop wait for its trigger."""
        special = order.special
        if special is None:
            raise EngineBrokenError("a stop without a trigger")
        if market.stops is None:
            market.stops = StopBook()
        market.stops.add(order.order_id, order.side, special.trigger_ticks, special.terms.trail_ticks)
        self.enlist(order)

    def _book_trades(self, taker: Order, market: Market, events: list[Event]) -> None:
        state, makers, qtys = self._state, self._makers, self._qtys
        trading_day, contract, taker_opens = state.trading_day, taker.holding.contract, taker.offset == OPEN
        standing = state.standing
        instrument_id, tick_value_fen = contract.instrument_id, contract.tick_value_fen
        resting_price = contract.spec.price_rule == PRICE_RESTING or taker.order_type != LIMIT
        stops = market.stops
        watched = stops is not None and len(stops.triggers) > 0
        for maker, qty in zip(makers, qtys, strict=True):
            if not isinstance(maker, Order):
                raise EngineBrokenError("a stranger in the book")
            price_ticks = maker.price_ticks
            if not resting_price:
                price_ticks = median_price(price_ticks, taker.price_ticks, market.last_ticks)
            open_interest = market.record_trade(price_ticks, qty, (maker.offset == OPEN) + taker_opens)
            contract.last_value_fen = price_ticks * tick_value_fen
            trade_id = state.next_trade_id
            state.next_trade_id = trade_id + 1
            maker_leg = book_fill(maker, qty, price_ticks, trading_day, standing)
            taker_leg = book_fill(taker, qty, price_ticks, trading_day, standing)
            if maker.qty == maker.filled_qty:
                self._unlist(maker)
            events.append(
                Trade(0, trade_id, instrument_id, price_ticks, qty, taker.side, open_interest, maker_leg, taker_leg)
            )
            if watched:
                self.note_price(market, price_ticks)
            if maker.special is not None:
                self.note_fill(maker, qty)
            if taker.special is not None:
                self.note_fill(taker, qty)
        makers.clear()
        qtys.clear()

    def note_price(self, market: Market, price_ticks: int) -> None:
        """Remember between which prices was traded, for the stops. One command trades in one contract at a time."""
        if self.traded is None:
            self.traded = market
            self.low_ticks = self.high_ticks = price_ticks
        elif price_ticks > self.high_ticks:
            self.high_ticks = price_ticks
        elif price_ticks < self.low_ticks:
            self.low_ticks = price_ticks

    def note_fill(self, order: Order, qty: int) -> None:
        """Remember that an order with a fellow leg, or with protection to come, was filled."""
        special = order.special
        if special is None:
            return
        if special.terms.force_reason:
            self._count_forced(order, qty)
        guarded = special.terms.take_profit_ticks or special.terms.stop_loss_ticks
        if special.fellow is None and not guarded:
            return
        if special.filled_now == 0:
            self.touched.append(order)
        special.filled_now += qty

    def _count_forced(self, order: Order, qty: int) -> None:
        for part in self._state.liquidations[order.account.account_id].parts:
            if part.order_id == order.order_id:
                part.filled += qty

    def _unlist(self, order: Order) -> None:
        order.account.drop_order(order)
        del self._state.orders[order.order_id]

    def _forget(self, order: Order) -> None:
        """The command's own order has ended: it works no more, and is shown once more with the answer."""
        if order.is_listed:
            self._unlist(order)
        self._state.ended.append(order)

    def settled_resting(self, order: Order) -> None:
        """An order that was filled where it stood is done when nothing is left of it."""
        if order.qty == order.filled_qty:
            self._unlist(order)

    def end(self, order: Order, reason: str, actor: str, events: list[Event]) -> None:
        """Cancel what is left of an order: resting, held, or neither yet."""
        state, account, special, order_id = self._state, order.account, order.special, order.order_id
        instrument_id = order.holding.instrument_id
        market = state.markets[instrument_id]
        if order.level is not None:
            market.book.remove(order)
        elif order.status == HELD and market.stops is not None:
            market.stops.remove(order_id)
        order.status = next_state(order.status, EXPIRE if reason in EXPIRING else CANCEL)
        filled = order.filled_qty
        canceled = order.qty - filled
        if special is None or special.is_frozen:
            release(order, canceled)
        order.leaves_qty = order.hidden_qty = 0
        if order.is_listed:  # `_forget` written out: every cancel passes here
            account.drop_order(order)
            del state.orders[order_id]
        state.ended.append(order)
        account.account_seq += 1
        events.append(
            OrderCanceled(
                account.tenant_id,
                account.account_id,
                account.account_seq,
                order_id,
                instrument_id,
                filled,
                canceled,
                reason,
                actor,
                account.funds(),
                None if order.offset == OPEN else order.position.state(instrument_id),
            )
        )
        fellow = unlink(order) if special is not None else None
        if fellow is not None and fellow.is_listed:
            self.end(fellow, CANCELED_OCO, actor, events)
