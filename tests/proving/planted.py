"""Bugs that are planted into engine, sequencer and journal one at a time: simulate must find every one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from trading.core import order_steps, snapshots
from trading.core.publisher import Publisher
from trading.core.sequencer import Sequencer
from trading.engine import (
    carrying,
    day_flow,
    execution,
    forced_orders,
    ladder_flow,
    liquidation_flow,
    order_flow,
    phase_flow,
    settlement_flow,
)
from trading.engine.control_flow import ControlFlow
from trading.engine.counter import contracts, fills, pretrade, resolving
from trading.engine.counter.accounts import Account
from trading.engine.counter.contracts import Tariff
from trading.engine.counter.larger_side import Sides
from trading.engine.counter.parameter_book import ParameterBook
from trading.engine.counter.positions import Position
from trading.engine.events import OrderAccepted
from trading.engine.exchange import matching
from trading.engine.exchange.book import BookSide
from trading.engine.exchange.stops import StopBook
from trading.engine.follow_ups import FollowUps
from trading.engine.forced_orders import ForcedOrders
from trading.engine.liquidation_flow import LiquidationFlow
from trading.engine.statement_flow import StatementFlow
from trading.marketdata.visible_book import Standing, VisibleBook
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

    _wrap(patch, snapshots.snapshot, "load", after)


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
def unconfirmed_accounts_open(patch: pytest.MonkeyPatch) -> None:
    _wrap(patch, settlement_flow, "settle_account", lambda event, account, *_: _confirmed(event, account))
    _wrap(patch, day_flow, "settle_account", lambda event, account, *_: _confirmed(event, account))


def _confirmed(event: Any, account: Any) -> Any:
    account.confirmed_version = account.statement_version
    return event


@planted
def corrections_are_booked_twice(patch: pytest.MonkeyPatch) -> None:
    right = StatementFlow.correct

    def wrong(self: Any, command: Any, events: Any) -> None:
        before = len(events)
        right(self, command, events)
        if type(events[before]).__name__ == "StatementCorrected":
            self._state.accounts[command.account_id].cash_fen += command.amount_fen

    patch.setattr(StatementFlow, "correct", wrong)


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
def rows_begin_a_day_late(patch: pytest.MonkeyPatch) -> None:
    right = ladder_flow.begin_parameters
    patch.setattr(ladder_flow, "begin_parameters", lambda state, day: right(state, state.trading_day))


@planted
def the_lower_margin_wins(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(resolving, "_margin", lambda levels, name: min(level.margin(name, 0) for level in levels))


@planted
def the_larger_side_forgets_working_orders(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Sides, "whole", Sides.held)


@planted
def clients_pay_what_their_broker_pays(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ParameterBook, "has_own", lambda *_: False)


@planted
def cancels_cost_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(order_flow, "charge_cancel", lambda *_: None)


@planted
def the_narrower_band_wins(patch: pytest.MonkeyPatch) -> None:
    _wrap(patch, contracts, "limit_ppm_of", lambda limit, book, spec: min(limit, spec.limit_ppm))


@planted
def a_fill_or_kill_counts_lots_behind_own_orders(patch: pytest.MonkeyPatch) -> None:
    right = execution.fillable_qty
    patch.setattr(execution, "fillable_qty", lambda book, order, past_own=False: right(book, order, past_own=True))


@planted
def icebergs_show_everything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Standing, "show_slice", lambda self: setattr(self, "shown", self.left))


@planted
def stops_are_seen_before_their_trigger(patch: pytest.MonkeyPatch) -> None:
    def after(step: order_steps.Step, event: OrderAccepted, *_: Any) -> order_steps.Step:
        seen = structs.replace(step, kind=order_steps.ENTERS, qty=event.qty, price_ticks=event.price_ticks or 1)
        return seen if step.kind == order_steps.WAITS else step

    right = order_steps._accepted
    patch.setitem(order_steps._ABOUT_ORDERS, OrderAccepted, lambda *given: after(right(*given), *given))


@planted
def the_next_slice_is_not_told(patch: pytest.MonkeyPatch) -> None:
    right = VisibleBook._execute

    def wrong(self: VisibleBook, order: Any, step: Any, *, left: int) -> None:
        queue = self.sides[order.side][order.price_ticks]
        right(self, order, step, left=left)
        if order.order_id in queue and self._told[-1].kind == "add":
            self._told.pop()  # the next slice is not told

    patch.setattr(VisibleBook, "_execute", wrong)


@planted
def some_commits_are_not_told_in_public(patch: pytest.MonkeyPatch) -> None:
    right = Publisher.release

    def wrong(self: Publisher, *, stamp_ns: int) -> None:
        if self._books_prepared and self._books_prepared[0][0] % 7 == 0:
            self._books_prepared.clear()
        right(self, stamp_ns=stamp_ns)

    patch.setattr(Publisher, "release", wrong)


@planted
def a_liquidation_goes_on_although_restored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LiquidationFlow, "review", lambda self, events: None)


@planted
def a_trigger_serves_twice(patch: pytest.MonkeyPatch) -> None:
    def after(_: None, self: LiquidationFlow, account: Any, *__: Any) -> None:
        self._state.liquidation_ends.pop(account.account_id, None)

    _wrap(patch, LiquidationFlow, "_end", after)


@planted
def a_row_closes_more_than_its_lots(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(execution.Execution, "_count_forced", lambda self, order, qty: None)


@planted
def the_exchange_basis_is_the_companys(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(liquidation_flow, "basis_margin_fen", lambda account, basis: account.margin_fen)


@planted
def lots_carried_over_keep_their_bucket(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(liquidation_flow, "roll_parts", lambda parts: None)


@planted
def the_clients_orders_keep_the_lots(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ForcedOrders, "_clear", lambda self, *_: None)


@planted
def clients_cancel_what_is_forced(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(order_flow.Order, "is_forced", lambda self: False)


@planted
def a_market_that_was_opened_stays_one_sided(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ladder_flow, "still_one_sided", lambda market, watch: True)


@planted
def a_product_is_watched_by_its_venues_window(patch: pytest.MonkeyPatch) -> None:
    def wrong(state: Any, contract: Any) -> int:
        named: int = state.close_windows.get((contract.spec.venue, ""), 300)
        return named if ladder_flow.ladder_key(state, contract) else 0

    patch.setattr(ladder_flow, "close_window_s", wrong)


@planted
def the_ladder_forgets_its_direction(patch: pytest.MonkeyPatch) -> None:
    def after(rung: Any, _state: Any, _contract: Any, market: Any, side: int) -> Any:
        return None if rung is None else structs.replace(rung, side=3 - rung.side)

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


@planted
def contract_changed_by_one_person(patch: pytest.MonkeyPatch) -> None:
    right = ControlFlow.put_instrument

    def wrong(self: ControlFlow, command: Any, events: Any) -> None:
        right(self, structs.replace(command, maker="") if command.maker == command.actor else command, events)

    patch.setattr(ControlFlow, "put_instrument", wrong)


@planted
def forced_orders_larger_than_the_rows_allow(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(forced_orders, "_largest_order", lambda command, account, contract: contract.spec.max_order_qty)
