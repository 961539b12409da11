"""Bugs that are planted into engine, sequencer and journal one at a time: simulate must find every one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from trading.core import replay
from trading.core.sequencer import Sequencer
from trading.engine import carrying, execution, ladder_flow, order_flow, phase_flow, settlement_flow
from trading.engine.counter import fills, pretrade
from trading.engine.counter.accounts import Account
from trading.engine.counter.contracts import Tariff
from trading.engine.counter.positions import Position
from trading.engine.exchange import matching
from trading.engine.exchange.book import BookSide
from trading.engine.exchange.stops import StopBook
from trading.engine.follow_ups import FollowUps
from trading.proving.memory_journal import MemoryJournal

Plant = Callable[[pytest.MonkeyPatch], None]
PLANTED: dict[str, Plant] = {}


def planted(act: Plant) -> Plant:
    """Enter a bug into the list under its name."""
    PLANTED[act.__name__] = act
    return act


def _wrap(patch: pytest.MonkeyPatch, place: Any, name: str, after: Callable[..., Any]) -> None:
    """Let `after(result, *arguments)` have the last word on what a function gives."""
    right = getattr(place, name)

    def wrong(*arguments: Any, **named: Any) -> Any:
        return after(right(*arguments, **named), *arguments)

    patch.setattr(place, name, wrong)


@planted
def ack_before_commit(patch: pytest.MonkeyPatch) -> None:
    _wrap(patch, Sequencer, "_prepare", lambda _, self, batch: self._publisher.release(stamp_ns=0))


@planted
def no_epoch_check(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryJournal, "is_leading", lambda self, row: True)


@planted
def skipped_close_fee(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fills, "close_fee_fen", lambda *_: 0)


@planted
def fee_not_booked_to_the_house(patch: pytest.MonkeyPatch) -> None:
    def after(leg: Any, order: Any, *_: Any) -> Any:
        order.account.tenant.fee_fen -= leg.fee_fen
        return leg

    for place in (execution, phase_flow):
        _wrap(patch, place, "book_fill", after)


@planted
def lost_today_yesterday_split(patch: pytest.MonkeyPatch) -> None:
    right = Position.take_today

    def wrong(self: Position, qty: int) -> tuple[int, int]:
        if self.yesterday_qty >= qty and self.today_qty > qty:
            self.yesterday_qty -= qty
            self.today_qty += qty
        return right(self, qty)

    patch.setattr(Position, "take_today", wrong)


@planted
def lots_do_not_roll(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Position, "roll", lambda self, **_: None)


@planted
def newest_first_at_one_price(patch: pytest.MonkeyPatch) -> None:
    def after(_: None, self: BookSide, order: Any) -> None:
        level = self.levels[order.price_ticks]
        if level.tail is order and order.prev is not None:
            level.tail, order.prev.next = order.prev, None
            order.prev, order.next, level.head.prev, level.head = None, level.head, order, order

    _wrap(patch, BookSide, "add", after)


@planted
def slices_keep_their_place(patch: pytest.MonkeyPatch) -> None:
    def wrong(level: Any, order: Any) -> None:
        shown = min(order.display_qty, order.hidden_qty)
        order.hidden_qty -= shown
        order.leaves_qty = shown
        level.qty += shown

    patch.setattr(matching, "show_next", wrong)


@planted
def self_trades(patch: pytest.MonkeyPatch) -> None:
    right = execution.match

    def wrong(book: Any, taker: Any, *rest: Any) -> bool:
        own, taker.group_key = taker.group_key, -1
        try:
            return right(book, taker, *rest)
        finally:
            taker.group_key = own

    patch.setattr(execution, "match", wrong)


@planted
def cancel_keeps_money_frozen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(execution, "release", lambda order, qty: None)


@planted
def margin_on_the_wrong_price(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Tariff, "open_unit_fen", lambda self, side, value: self.settlement_unit_fen(side))


@planted
def a_repeat_is_entered_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Account, "order_under", lambda self, client_order_id: 0)


@planted
def snapshot_forgets_client_ids(patch: pytest.MonkeyPatch) -> None:
    def after(machine: Any, _: bytes) -> Any:
        for account in machine.state.accounts.values():
            account.forget_ids()
        return machine

    _wrap(patch, replay.snapshot, "load", after)


@planted
def the_gathered_batch_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    def wrong(self: Sequencer) -> None:
        self.gathering = None

    patch.setattr(Sequencer, "_append_gathered", wrong)


@planted
def trailing_stops_do_not_follow(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(StopBook, "follow", lambda self, low, high: None)


@planted
def the_other_leg_lives_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FollowUps, "_end_fellow", lambda self, order, events: None)


@planted
def brackets_protect_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FollowUps, "_protect", lambda self, order, events: setattr(order.special, "filled_now", 0))


@planted
def auction_price_is_the_lowest(patch: pytest.MonkeyPatch) -> None:
    right = phase_flow.equilibrium
    patch.setattr(phase_flow, "equilibrium", lambda book, **_: right(book, reference_ticks=0, rule=0))


@planted
def blocked_accounts_trade(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(order_flow, "check_standing", lambda *_: "")


@planted
def no_rate_limit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(order_flow, "check_rate", lambda *_: "")


@planted
def an_account_is_left_out_of_the_settlement(patch: pytest.MonkeyPatch) -> None:
    right = settlement_flow.has_anything
    patch.setattr(settlement_flow, "has_anything", lambda account: account.account_id != 2 and right(account))


@planted
def a_fill_or_kill_counts_lots_behind_own_orders(patch: pytest.MonkeyPatch) -> None:
    right = execution.fillable_qty
    patch.setattr(execution, "fillable_qty", lambda book, order, past_own=False: right(book, order, past_own=True))


@planted
def a_market_that_was_opened_stays_one_sided(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ladder_flow, "still_one_sided", lambda market, watch: True)


@planted
def the_ladder_forgets_its_direction(patch: pytest.MonkeyPatch) -> None:
    def after(rung: Any, _state: Any, _contract: Any, market: Any, side: int) -> Any:
        return None if rung is None else replace(rung, side=3 - rung.side)

    _wrap(patch, ladder_flow, "_next_rung", after)


@planted
def odd_lots_near_delivery(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pretrade, "check_delivery", lambda *_: "")


@planted
def orders_outlive_the_road_to_delivery(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(carrying, "may_live_on", lambda order: True)


@planted
def expired_lots_keep_their_margin(patch: pytest.MonkeyPatch) -> None:
    def wrong(self: Position) -> None:
        self.yesterday_qty = self.open_cost_fen = self.mark_cost_fen = self.yesterday_unit = 0
        self.yesterday_head = self.yesterday_tail = None

    patch.setattr(Position, "clear", wrong)
