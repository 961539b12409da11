"""One account's private stream: a picture kept up to date by its numbered events, each event a frame with the
full state of what it touched.

The socket keeps one picture an account and process; REST folds the same events from the account event table, so
both doors serve byte-equal frames.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from trading.choices import (
    ACCOUNT_STATUS_WORDS,
    CASH_KIND_WORDS,
    MESSAGE_FEE_WORDS,
    POSITION_SIDE_WORDS,
    SELF_TRADE_WORDS,
)
from trading.engine import types as t
from trading.engine.all_events import AnyEvent
from trading.engine.events import (
    AccountLimitsChanged,
    AccountOpened,
    AccountSettled,
    AccountStatusChanged,
    CancelAfterSet,
    CashMoved,
    FeeCharged,
    Funds,
    Leg,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderReplaced,
    OrderTriggered,
    PositionState,
    SelfTradeSet,
    Trade,
)
from trading.engine.liquidation_events import (
    LiquidationCarried,
    LiquidationEnded,
    LiquidationOpened,
    LiquidationStepped,
)
from trading.engine.parameter_events import HedgeSet
from trading.engine.statement_events import StatementConfirmed, StatementCorrected
from trading.engine.venue_events import HolderKindSet, LotsExpired
from trading.engine.views import AccountLimits, AccountView
from trading.models.event_body import AccountFill, PrivateEvent
from trading.shapes import liquidations
from trading.shapes.accounts import FundsAtLast, FundsText, position_json, position_profits
from trading.shapes.contracts import Contracts
from trading.shapes.numbers import day_text, money, time_json
from trading.shapes.orders import OrderState, fill_json, order_of_event, order_of_view

ENDED_KEPT: Final = 8
NO_FUNDS: Final = Funds(0, 0, 0, 0, 0, 0)
LastPrices = Callable[[int], int]


def limits_of(event: AccountLimitsChanged) -> AccountLimits:
    """Return the limits that an event set."""
    return AccountLimits(
        max_order_qty=event.max_order_qty,
        max_position_qty=event.max_position_qty,
        max_working_orders=event.max_working_orders,
        max_orders_per_second=event.max_orders_per_second,
    )


class UnknownOrderError(LookupError):
    """An event names an order that this picture does not hold; the caller loads it or takes a fresh snapshot."""


class AccountStream:
    """The picture of one account after `account_seq`."""

    __slots__ = (
        "_account",
        "_apply",
        "_funds_text",
        "_head",
        "account_id",
        "account_seq",
        "channel",
        "contracts",
        "ended",
        "funds",
        "limits",
        "orders",
        "positions",
        "status",
        "tenant_id",
        "trading_day",
    )

    def __init__(self, *, tenant_id: int, account_id: int, contracts: Contracts, trading_day: int) -> None:
        self.tenant_id = tenant_id
        self.account_id = account_id
        self.contracts = contracts
        self.trading_day = trading_day
        self.channel = f"account.{account_id}"
        self._account = str(account_id)
        self._funds_text = FundsText(self._account)
        self._head = f'{{"ch":"{self.channel}","seq":'
        self.account_seq = 0
        self.status = 0
        self.limits = AccountLimits()
        self.funds = NO_FUNDS
        self.positions: dict[int, PositionState] = {}
        self.orders: dict[int, OrderState] = {}
        # The last orders that ended: the answer to the request that ended one shows the same times and reason.
        self.ended: deque[OrderState] = deque(maxlen=ENDED_KEPT)
        self._apply: Mapping[type, Callable[..., str]] = {
            OrderAccepted: self._accepted,
            OrderRejected: self._rejected,
            OrderCanceled: self._canceled,
            OrderReplaced: self._replaced,
            OrderTriggered: self._triggered,
            SelfTradeSet: self._self_trade_set,
            CancelAfterSet: self._cancel_after_set,
            LiquidationOpened: self._liquidation_opened,
            LiquidationStepped: self._liquidation_stepped,
            LiquidationEnded: self._liquidation_ended,
            LiquidationCarried: self._liquidation_carried,
            FeeCharged: self._fee_charged,
            HedgeSet: self._hedge_set,
            AccountOpened: self._opened,
            CashMoved: self._cash_moved,
            AccountStatusChanged: self._status_changed,
            AccountLimitsChanged: self._limits_changed,
            AccountSettled: self._settled,
            StatementConfirmed: self._statement_confirmed,
            StatementCorrected: self._statement_corrected,
            HolderKindSet: self._holder_kind_set,
            LotsExpired: self._expired,
        }

    def load(self, view: AccountView) -> None:
        """Take over the engine's view of the account. When a working order last changed is not in it: null."""
        self.account_seq = view.account_seq
        self.status = view.status
        self.limits = view.limits
        self.funds = view.funds
        self.positions = {item.instrument_id * 4 + item.side: item for item in view.positions}
        known = self.orders
        self.orders = {}
        for item in view.orders:
            state = order_of_view(item, contract=self.contracts.by_id[item.instrument_id])
            before = known.get(item.order_id)
            if before is not None:
                state.received_ns, state.acked_ns = before.received_ns, before.acked_ns
            self.orders[item.order_id] = state

    def apply(self, event: AnyEvent | PrivateEvent, seq: int, at_ns: int, acked_ns: int = 0) -> bytes | None:
        """Fold one event in and return its frame; None for one that is already in the picture or has no number."""
        if type(event) is Trade:
            taker = event.taker
            if taker.account_id == self.account_id:
                return self._traded(event, taker, True, seq, at_ns, acked_ns)
            return self._traded(event, event.maker, False, seq, at_ns, acked_ns)
        if type(event) is AccountFill:
            return self._traded(event, event.leg, event.is_taker, seq, at_ns, acked_ns)
        if type(event) is OrderAccepted:
            number = event.account_seq
            if number <= self.account_seq:
                return None
            at_text = time_json(at_ns)
            body = self._accepted(event, seq, at_ns, acked_ns, at_text)
        else:
            handler = self._apply.get(type(event))
            if handler is None:
                return None
            number = event.account_seq  # type: ignore[union-attr]
            if number <= self.account_seq:
                return None
            at_text = time_json(at_ns)
            body = handler(event, seq, at_ns, acked_ns, at_text)
        self.account_seq = number
        return (
            f'{self._head}{number},"prev":{number - 1},"type":"event","ts_ns":{at_ns},'
            f'"data":{{"journal_seq":{seq},"at":{at_text},{body}}}}}'
        ).encode()

    def snapshot(self, *, at_ns: int, last_price: LastPrices) -> bytes:
        """Return the whole picture as one frame, with the figures at the last prices."""
        account, by_id = self._account, self.contracts.by_id
        held = [item for item in self.positions.values() if item.today_qty or item.yesterday_qty]
        rows = [(item, by_id[item.instrument_id], last_price(item.instrument_id)) for item in held]
        funds = FundsAtLast(funds=self.funds, position_profit_fen=position_profits(rows))
        positions = ",".join(position_json(account, item, contract) for item, contract, _last in rows)
        orders = ",".join(order.json() for order in self.orders.values() if not order.ended)
        return (
            f'{{"ch":"{self.channel}","seq":{self.account_seq},"prev":null,"type":"snapshot","ts_ns":{at_ns},'
            f'"data":{{"trading_day":"{day_text(self.trading_day)}","account":{self._account_json()},'
            f'"funds":{json.dumps(funds.shape(self.account_id))},"positions":[{positions}],"orders":[{orders}]}}}}'
        ).encode()

    def _order(self, order_id: int) -> OrderState:
        order = self.orders.get(order_id)
        if order is None:
            raise UnknownOrderError(order_id)
        return order

    def _end(self, order: OrderState) -> None:
        del self.orders[order.order_id]
        self.ended.append(order)

    def known_order(self, order_id: int) -> OrderState | None:
        """Return an order that works or ended a moment ago."""
        order = self.orders.get(order_id)
        if order is not None:
            return order
        for order in reversed(self.ended):
            if order.order_id == order_id:
                return order
        return None

    def _accepted(self, event: OrderAccepted, seq: int, at_ns: int, acked_ns: int, at_text: str) -> str:
        contract = self.contracts.by_id[event.instrument_id]
        order = order_of_event(event, contract=contract, trading_day=self.trading_day)
        order.received_ns = at_ns
        text = order.changed(seq, at_ns, acked_ns, at_text)
        self.orders[event.order_id] = order
        return f'"event":"order_accepted","order":{text},{self._money(event.funds, event.position)}'

    def _rejected(self, event: OrderRejected, seq: int, at_ns: int, acked_ns: int, at_text: str) -> str:
        contract = self.contracts.by_id.get(event.instrument_id)
        if contract is None:  # refused because the contract does not exist: there is no order to show
            return f'"event":"order_rejected","order":null,"reject_code":{json.dumps(event.code)}'
        order = order_of_event(event, contract=contract, trading_day=self.trading_day)
        order.received_ns = at_ns
        text = order.changed(seq, at_ns, acked_ns, at_text)
        return f'"event":"order_rejected","order":{text}'

    def _canceled(self, event: OrderCanceled, seq: int, at_ns: int, acked_ns: int, at_text: str) -> str:
        order = self._order(event.order_id)
        order.canceled(reason=event.reason)
        order_text = order.changed(seq, at_ns, acked_ns, at_text)
        text = f'"event":"order_canceled","order":{order_text},{self._money(event.funds, event.position)}'
        self._end(order)
        return text

    def _replaced(self, event: OrderReplaced, seq: int, at_ns: int, acked_ns: int, at_text: str) -> str:
        order = self._order(event.order_id)
        order.replaced(qty=event.qty, price_ticks=event.price_ticks)
        if event.trigger_ticks:
            order.put_trigger(event.trigger_ticks)
        order_text = order.changed(seq, at_ns, acked_ns, at_text)
        kept = "true" if event.kept_place else "false"
        money_part = self._money(event.funds, event.position)
        return f'"event":"order_replaced","kept_place":{kept},"order":{order_text},{money_part}'

    def _triggered(self, event: OrderTriggered, seq: int, at_ns: int, acked_ns: int, at_text: str) -> str:
        order = self._order(event.order_id)
        order.triggered(price_ticks=event.price_ticks, trigger_ticks=event.trigger_ticks)
        order_text = order.changed(seq, at_ns, acked_ns, at_text)
        last = self.contracts.by_id[event.instrument_id].price_json(event.last_ticks)
        money_part = self._money(event.funds, event.position)
        return f'"event":"order_triggered","last_price":{last},"order":{order_text},{money_part}'

    def _cancel_after_set(self, event: CancelAfterSet, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str) -> str:
        due = time_json(event.due_ns) if event.due_ns else "null"
        return f'"event":"cancel_after_set","cancel_at":{due},"fired":{"true" if event.fired else "false"}'

    def _fee_charged(self, event: FeeCharged, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str) -> str:
        return (
            f'"event":"fee_charged","fee":{{"kind":"{MESSAGE_FEE_WORDS[event.kind]}","amount":"{money(event.fee_fen)}",'
            f'"order_id":"{event.order_id}","symbol":{json.dumps(self.contracts.by_id[event.instrument_id].symbol)}}},'
            f"{self._money(event.funds, None)}"
        )

    def _hedge_set(self, event: HedgeSet, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str) -> str:
        return f'"event":"hedge_set","hedge":{"true" if event.hedge else "false"}'

    def _self_trade_set(self, event: SelfTradeSet, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str) -> str:
        return f'"event":"self_trade_set","self_trade":"{SELF_TRADE_WORDS[event.mode]}"'

    def _traded(
        self, trade: Trade | AccountFill, leg: Leg, is_taker: bool, seq: int, at_ns: int, acked_ns: int
    ) -> bytes | None:
        number = leg.account_seq
        if number <= self.account_seq:
            return None
        order = self.orders.get(leg.order_id)
        if order is None:
            raise UnknownOrderError(leg.order_id)
        leaves_qty = leg.order_leaves_qty
        order.filled_qty = leg.order_filled_qty
        order.filled_ticks = leg.order_filled_ticks
        order.status = t.PARTIALLY_FILLED if leaves_qty else t.FILLED
        at_text = time_json(at_ns)
        order_text = order.changed(seq, at_ns, acked_ns, at_text)
        fill_text = fill_json(order, trade, leg, is_taker, seq, at_text)
        money_text = self._money(leg.funds, leg.position)
        if not leaves_qty:
            self._end(order)
        self.account_seq = number
        return (
            f'{self._head}{number},"prev":{number - 1},"type":"event","ts_ns":{at_ns},"data":{{"journal_seq":{seq},'
            f'"at":{at_text},"event":"fill","order":{order_text},"fill":{fill_text},{money_text}}}}}'
        ).encode()

    def _opened(self, event: AccountOpened, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str) -> str:
        self.funds = event.funds
        return f'"event":"opened","account":{self._account_json(event.account_seq)},{self._money(event.funds, None)}'

    def _cash_moved(self, event: CashMoved, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str) -> str:
        return (
            f'"event":"cash_moved","cash":{{"kind":"{CASH_KIND_WORDS[event.kind]}",'
            f'"amount":"{money(event.amount_fen)}","reference":{json.dumps(event.reference)}}},'
            f"{self._money(event.funds, None)}"
        )

    def _statement_confirmed(
        self, event: StatementConfirmed, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str
    ) -> str:
        return f'"event":"statement_confirmed","statement":{_statement_json(event)}'

    def _statement_corrected(
        self, event: StatementCorrected, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str
    ) -> str:
        return (
            f'"event":"statement_corrected","statement":{_statement_json(event)},'
            f'"amount":"{money(event.amount_fen)}","reason":{json.dumps(event.reason)},{self._money(event.funds, None)}'
        )

    def _status_changed(
        self, event: AccountStatusChanged, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str
    ) -> str:
        self.status = event.status
        return (
            f'"event":"status_changed","reason":{json.dumps(event.reason)},'
            f'"previous":"{ACCOUNT_STATUS_WORDS[event.previous]}","account":{self._account_json(event.account_seq)}'
        )

    def _limits_changed(
        self, event: AccountLimitsChanged, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str
    ) -> str:
        self.limits = limits_of(event)
        return f'"event":"limits_changed","account":{self._account_json(event.account_seq)}'

    def _liquidation_opened(
        self, event: LiquidationOpened, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str
    ) -> str:
        return f'"event":"liquidation_opened","liquidation":{liquidations.opened_json(event, self.contracts)}'

    def _liquidation_stepped(
        self, event: LiquidationStepped, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str
    ) -> str:
        return f'"event":"liquidation_stepped","liquidation":{liquidations.stepped_json(event, self.contracts)}'

    def _liquidation_ended(self, event: LiquidationEnded, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str) -> str:
        return f'"event":"liquidation_ended","liquidation":{liquidations.ended_json(event, self.contracts)}'

    def _liquidation_carried(
        self, event: LiquidationCarried, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str
    ) -> str:
        return f'"event":"liquidation_carried","liquidation":{liquidations.carried_json(event, self.contracts)}'

    def _settled(self, event: AccountSettled, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str) -> str:
        self.funds = event.funds
        self.positions = {item.instrument_id * 4 + item.side: item for item in event.positions}
        by_id = self.contracts.by_id
        positions = ",".join(position_json(self._account, item, by_id[item.instrument_id]) for item in event.positions)
        return (
            f'"event":"settled","settled":{{"trading_day":"{day_text(event.trading_day)}",'
            f'"previous_cash":"{money(event.previous_cash_fen)}","mark":"{money(event.mark_fen)}",'
            f'"close_profit":"{money(event.close_profit_fen)}","fees":"{money(event.fee_fen)}"}},'
            f'"funds":{self._funds_text.json(event.funds)},"positions":[{positions}]'
        )

    def _holder_kind_set(self, event: HolderKindSet, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str) -> str:
        return f'"event":"holder_kind_set","natural":{"true" if event.natural else "false"}'

    def _expired(self, event: LotsExpired, _seq: int, _at_ns: int, _acked_ns: int, _at_text: str) -> str:
        contract = self.contracts.by_id[event.instrument_id]
        return (
            f'"event":"lots_expired","expired":{{"symbol":"{contract.symbol}",'
            f'"side":"{POSITION_SIDE_WORDS[event.side]}","qty":{event.qty},'
            f'"price":{contract.price_json(event.price_ticks)},'
            f'"close_profit_by_trade":"{money(event.close_profit_trade_fen)}",'
            f'"trading_day":"{day_text(event.trading_day)}"}},{self._money(event.funds, event.position)}'
        )

    def _money(self, funds: Funds, position: PositionState | None) -> str:
        self.funds = funds
        if position is None:
            return f'"funds":{self._funds_text.json(funds)}'
        instrument_id = position.instrument_id
        self.positions[instrument_id * 4 + position.side] = position
        position_text = position_json(self._account, position, self.contracts.by_id[instrument_id])
        return f'"funds":{self._funds_text.json(funds)},"position":{position_text}'

    def _account_json(self, account_seq: int | None = None) -> str:
        limits = self.limits
        return (
            f'{{"id":{self.account_id},"status":"{ACCOUNT_STATUS_WORDS[self.status]}","limits":{{'
            f'"max_order_qty":{limits.max_order_qty},"max_position_qty":{limits.max_position_qty},'
            f'"max_working_orders":{limits.max_working_orders},'
            f'"max_orders_per_second":{limits.max_orders_per_second}}},'
            f'"account_seq":{self.account_seq if account_seq is None else account_seq}}}'
        )


def _statement_json(event: StatementConfirmed | StatementCorrected) -> str:
    return f'{{"trading_day":"{day_text(event.trading_day)}","version":{event.version}}}'
