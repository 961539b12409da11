"""Moving contracts through the phases of trading, and the call auction's match."""

from __future__ import annotations

from typing import Final

from trading.engine import rejects
from trading.engine.bounds import name_ok, reason_ok
from trading.engine.commands import SetPhase
from trading.engine.counter.fills import book_fill
from trading.engine.counter.orders import Order
from trading.engine.errors import EngineBrokenError
from trading.engine.events import AuctionMatched, Event, PhaseChanged, Trade
from trading.engine.exchange.auction import equilibrium, fill_resting, next_pair
from trading.engine.exchange.market import Market
from trading.engine.exchange.phases import CROSSED_ALLOWED, ENTRY_ALLOWED, TRANSITIONS
from trading.engine.execution import Execution
from trading.engine.follow_ups import SYSTEM, FollowUps
from trading.engine.ladder_flow import end_watch
from trading.engine.ladder_flow import moved as contracts_moved
from trading.engine.refusing import refuse
from trading.engine.state import State
from trading.engine.types import (
    AUCTION,
    AUCTION_MATCH,
    CANCELED_AUCTION_END,
    CANCELED_SELF_TRADE,
    CLOSED,
    CONTINUOUS,
    OPEN,
    STP_BOTH,
    STP_NEWEST,
)


class PhaseFlow:
    """Changes phases."""

    __slots__ = ("_execution", "_follow_ups", "_state")

    def __init__(self, state: State, execution: Execution, follow_ups: FollowUps) -> None:
        self._state: Final = state
        self._execution: Final = execution
        self._follow_ups: Final = follow_ups

    def set_phase(self, command: SetPhase, events: list[Event]) -> None:
        """Move contracts to a phase, all or none. What they are in already is passed over; nothing to move: refused."""
        if command.tenant_id != 0 or not name_ok(command.actor) or not reason_ok(command.reason):
            refuse(events, command.tenant_id, 0, rejects.FIELD_BAD)
            return
        moved: list[tuple[int, int]] = []
        for instrument_id in sorted(set(command.instrument_ids)):
            market = self._state.markets.get(instrument_id)
            if market is None:
                refuse(events, 0, 0, rejects.INSTRUMENT_UNKNOWN, instrument_id=instrument_id)
                return
            if self._state.contracts[instrument_id].expired:
                refuse(events, 0, 0, rejects.CONTRACT_EXPIRED, instrument_id=instrument_id)
                return
            if market.phase == command.phase:
                continue
            if (market.phase, command.phase) not in TRANSITIONS:
                refuse(
                    events, 0, 0, rejects.PHASE_BAD,
                    instrument_id=instrument_id, phase=market.phase, wanted=command.phase,
                )  # fmt: skip
                return
            moved.append((instrument_id, market.phase))
        if not moved:
            refuse(events, 0, 0, rejects.PHASE_BAD, wanted=command.phase)
            return
        events.append(PhaseChanged(0, command.phase, moved, command.reason, command.actor))
        for instrument_id, _before in moved:
            self._enter(self._state.markets[instrument_id], command.phase, events)
        one_sided = [key for key, _before in moved if self._state.markets[key].one_sided]
        if one_sided:
            events.append(contracts_moved(self._state, one_sided, self._state.trading_day, command.actor))

    def _enter(self, market: Market, phase: int, events: list[Event]) -> None:
        before = market.phase
        market.phase = phase
        if phase == CLOSED:
            end_watch(self._state, market)
        elif phase in ENTRY_ALLOWED and before == CLOSED:
            market.one_sided = market.watched_day = 0  # the close was not the day's last
        if phase == AUCTION_MATCH or (phase not in CROSSED_ALLOWED and market.book.is_crossed()):
            self._match_auction(market, events)
            while market.book.is_crossed():
                # Orders under one control went instead of trading, and with them lots that the price had counted on.
                self._match_auction(market, events)
        if phase not in CROSSED_ALLOWED:
            # Also where a halt in the middle of the entry leads to no auction any more.
            for order in list(self._state.orders.values()):
                at_rest = order.level is not None and order.contract.instrument_id == market.instrument_id
                if at_rest and order.time_in_force == AUCTION:
                    self._execution.end(order, CANCELED_AUCTION_END, SYSTEM, events)
        if phase == CONTINUOUS and market.stops is not None and market.volume:
            # Stops that the auction's price reached have waited for this.
            self._execution.note_price(market, market.last_ticks)
        self._follow_ups.settle(events)

    def _match_auction(self, market: Market, events: list[Event]) -> None:
        """Trade everything that the auction's price satisfies, best price first and oldest first on both sides."""
        contract = self._state.contracts[market.instrument_id]
        found = equilibrium(market.book, reference_ticks=contract.settlement_ticks, rule=contract.spec.auction_rule)
        if found is None:
            events.append(AuctionMatched(0, market.instrument_id, 0, 0, 0))
            return
        traded = 0
        while True:
            pair = next_pair(market.book, found.price_ticks)
            if pair is None:
                break
            bid, ask = pair
            if not isinstance(bid, Order) or not isinstance(ask, Order):
                raise EngineBrokenError("a stranger in the book")
            if bid.group_key == ask.group_key:
                self._part(bid, ask, events)
            else:
                traded += self._trade(market, bid, ask, found.price_ticks, events)
        events.append(AuctionMatched(0, market.instrument_id, found.price_ticks, traded, found.surplus))

    def _part(self, bid: Order, ask: Order, events: list[Event]) -> None:
        """Two orders under one control would meet: the group's own rule says which goes."""
        newest, oldest = (bid, ask) if bid.order_id > ask.order_id else (ask, bid)
        mode = newest.account.stp_mode
        if mode != STP_NEWEST:
            self._execution.end(oldest, CANCELED_SELF_TRADE, SYSTEM, events)
        if mode in (STP_NEWEST, STP_BOTH) and newest.is_listed:
            self._execution.end(newest, CANCELED_SELF_TRADE, SYSTEM, events)

    def _trade(self, market: Market, bid: Order, ask: Order, price_ticks: int, events: list[Event]) -> int:
        """One trade of the auction. The older order counts as the maker."""
        state, execution, contract = self._state, self._execution, bid.contract
        qty = min(bid.leaves_qty, ask.leaves_qty)
        maker, taker = (bid, ask) if bid.order_id < ask.order_id else (ask, bid)
        book = market.book
        fill_resting(book.bids, bid, qty)
        fill_resting(book.asks, ask, qty)
        open_interest = market.record_trade(price_ticks, qty, (maker.offset == OPEN) + (taker.offset == OPEN))
        contract.last_value_fen = price_ticks * contract.tick_value_fen
        trade_id = state.next_trade_id
        state.next_trade_id = trade_id + 1
        maker_leg = book_fill(maker, qty, price_ticks, state.trading_day, state.standing)
        taker_leg = book_fill(taker, qty, price_ticks, state.trading_day, state.standing)
        events.append(
            Trade(0, trade_id, market.instrument_id, price_ticks, qty, taker.side, open_interest, maker_leg, taker_leg)
        )
        for order in (maker, taker):
            execution.settled_resting(order)
            if order.special is not None:
                execution.note_fill(order, qty)
        return qty
