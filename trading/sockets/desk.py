"""The order requests of one socket: from JSON to a command, from the core's answer to JSON.

This is the hot path: no look-up, no task, no await. The answer's order is encoded by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from accounts.permissions import Right
from trading.choices import OFFSET_CODES, ORDER_TYPE_CODES, SIDE_CODES, TIME_IN_FORCE_CODES
from trading.core.client import Answer, CoreUnavailable
from trading.engine import rejects
from trading.engine import types as t
from trading.engine.commands import (
    CancelAll,
    CancelOrder,
    Command,
    ConfirmStatement,
    PlaceOrder,
    ReplaceOrder,
    SetCancelAfter,
)
from trading.engine.events import CommandRefused, OrderAccepted, OrderRejected, OrderRepeated
from trading.shapes.answers import order_of_answer
from trading.shapes.contracts import Contract, PriceError
from trading.shapes.figures import figures_shape
from trading.shapes.numbers import parse_day
from trading.shapes.order_terms import HAS_NO_PRICE, NEEDS_PRICE, NO_DATE, PRICED_TYPES, TermsError, check_fit, terms_of
from trading.shapes.orders import OrderState
from trading.sockets import frames, ops

if TYPE_CHECKING:
    import asyncio

    from trading.sockets.session import Session

_DAYS_MAX: Final = 64
_ALWAYS_FITS: Final = frozenset({"day", "ioc", "fok"})
"""How long an order may work whatever its type is, without terms."""
_days: dict[str, int | None] = {}


def day_of(text: str) -> int | None:
    """Return a trading day text as YYYYMMDD; the few texts in use are remembered."""
    if text in _days:
        return _days[text]
    if len(_days) >= _DAYS_MAX:
        _days.clear()
    day = _days[text] = parse_day(text)
    return day


class OrderDesk:
    """Order requests of one session."""

    __slots__ = ("_actor_name", "_cancelable", "_session", "_tenant_id", "_tradable")

    def __init__(self, session: Session) -> None:
        actor = session.actor
        self._session = session
        self._tenant_id = actor.tenant_id or 0
        self._actor_name = f"k{actor.api_key_id}" if actor.api_key_id is not None else f"u{actor.user_id}"
        own = actor.own_account_ids
        self._tradable = own if actor.has(Right.TRADE_PLACE) else frozenset()
        self._cancelable = own if actor.has(Right.TRADE_CANCEL) else frozenset()

    def place(self, op: ops.OrderNew) -> None:
        """Enter an order."""
        session = self._session
        if not session.take(session.principal.orders, op.id):
            return
        if op.account not in self._tradable:
            self._not_mine(op.id, op.account)
            return
        contract = session.hub.contracts.get(op.symbol)
        if contract is None:
            session.refuse(op.id, "instrument_not_found", pointer="/symbol")
            return
        day = day_of(op.trading_day)
        if day is None:
            session.refuse(op.id, "invalid_field", pointer="/trading_day", detail=NO_DATE)
            return
        price_ticks = self._price(op.id, op.limit_price, contract, wanted=op.type in PRICED_TYPES)
        if price_ticks is None:
            return
        terms = None
        if ops.has_terms(op):
            try:
                terms = terms_of(ops.terms_request(op), op.type, op.time_in_force, contract)
            except TermsError as problem:
                self._refuse_term(op.id, problem, contract)
                return
        command = PlaceOrder(
            self._tenant_id,
            op.account,
            op.client_order_id,
            day,
            contract.instrument.instrument_id,
            SIDE_CODES[op.side],
            OFFSET_CODES[op.position_effect],
            ORDER_TYPE_CODES[op.type],
            TIME_IN_FORCE_CODES[op.time_in_force],
            op.qty,
            price_ticks,
            self._actor_name,
            terms,
        )
        if terms is not None or op.time_in_force not in _ALWAYS_FITS:
            try:
                check_fit(command)
            except TermsError as problem:
                self._refuse_term(op.id, problem, contract)
                return
        self._submit(op.id, command)

    def _refuse_term(self, identity: ops.RequestId, problem: TermsError, contract: Contract) -> None:
        figures: dict[str, object] | None = {"tick": contract.tick_text} if problem.code == rejects.PRICE_BAD else None
        self._session.refuse(
            identity, problem.code, figures=figures, pointer=f"/{problem.field}", detail=str(problem) or None
        )

    def cancel(self, op: ops.OrderCancel) -> None:
        """Cancel one order."""
        session = self._session
        if not self._may_cancel(op):
            return
        if (op.order_id is None) == (op.client_order_id is None):
            session.refuse(
                op.id, "invalid_field", pointer="/order_id", detail="give either order_id or client_order_id"
            )
            return
        order_id = int(op.order_id) if op.order_id is not None else 0
        command = CancelOrder(self._tenant_id, op.account, order_id, op.client_order_id or "", self._actor_name)
        self._submit(op.id, command)

    def replace(self, op: ops.OrderReplace) -> None:
        """Change a working order."""
        session = self._session
        if not session.take(session.principal.orders, op.id):
            return
        if op.account not in self._tradable:
            self._not_mine(op.id, op.account)
            return
        order_id = int(op.order_id)
        session.hub.accounts.contract_of_order(
            tenant_id=self._tenant_id,
            account_id=op.account,
            order_id=order_id,
            then=partial(self._replace_known, op, order_id),
        )

    def cancel_all(self, op: ops.OrdersCancelAll) -> None:
        """Cancel everything of an account, or of one contract."""
        session = self._session
        if not self._may_cancel(op):
            return
        instrument_id = 0
        if op.symbol is not None:
            contract = session.hub.contracts.get(op.symbol)
            if contract is None:
                session.refuse(op.id, "instrument_not_found", pointer="/symbol")
                return
            instrument_id = contract.instrument.instrument_id
        command = CancelAll(self._tenant_id, op.account, instrument_id, t.CANCELED_BY_CLIENT, self._actor_name)
        self._submit(op.id, command, then=self._all_canceled)

    def cancel_after(self, op: ops.OrdersCancelAfter) -> None:
        """Wind up the dead man's switch."""
        if not self._may_cancel(op):
            return
        command = SetCancelAfter(self._tenant_id, op.account, op.seconds * 1000, self._actor_name)
        self._submit(op.id, command, then=self._done)

    def confirm_statement(self, op: ops.StatementConfirm) -> None:
        """Agree to the last statement."""
        session = self._session
        if not session.take(session.principal.orders, op.id):
            return
        if op.account not in self._tradable:
            self._not_mine(op.id, op.account)
            return
        day = day_of(op.trading_day)
        if day is None:
            session.refuse(op.id, "invalid_field", pointer="/trading_day", detail=NO_DATE)
            return
        command = ConfirmStatement(self._tenant_id, op.account, day, op.version, self._actor_name)
        self._submit(op.id, command, then=self._done)

    def _done(self, identity: ops.RequestId, answer: Answer) -> bytes:
        if isinstance(answer.event, CommandRefused):
            return self._refused_frame(identity, answer, None)
        return frames.done(identity, seq=answer.seq)

    def _all_canceled(self, identity: ops.RequestId, answer: Answer) -> bytes:
        event = answer.event
        # Nothing was working: what was wanted is so.
        if isinstance(event, CommandRefused) and event.code != rejects.ORDER_UNKNOWN:
            return self._refused_frame(identity, answer, None)
        return frames.done(identity, seq=answer.seq)

    def _replace_known(self, op: ops.OrderReplace, order_id: int, contract: Contract | None) -> None:
        session = self._session
        if session.closed:
            return
        if contract is None:
            session.refuse(op.id, "order_not_found", pointer="/order_id")
            return
        limit, stop = op.limit_price, op.stop_price
        price_ticks = self._price(op.id, limit, contract, wanted=limit is not None)
        trigger = self._price(op.id, stop, contract, wanted=stop is not None, field="stop_price")
        if price_ticks is not None and trigger is not None:
            command = ReplaceOrder(
                self._tenant_id, op.account, order_id, op.qty, price_ticks, self._actor_name, trigger
            )
            self._submit(op.id, command)

    def _price(
        self,
        identity: ops.RequestId,
        text: str | None,
        contract: Contract,
        *,
        wanted: bool,
        field: str = "limit_price",
    ) -> int | None:
        session = self._session
        if (text is not None) != wanted:
            told = NEEDS_PRICE if wanted else HAS_NO_PRICE
            session.refuse(identity, "invalid_field", pointer=f"/{field}", detail=told)
            return None
        if text is None:
            return 0
        try:
            return contract.ticks(text)
        except PriceError as problem:
            figures: dict[str, object] = {"tick": contract.tick_text}
            session.refuse(identity, problem.code, figures=figures, pointer=f"/{field}", detail=str(problem))
            return None

    def _may_cancel(self, op: ops.OrderCancel | ops.OrdersCancelAll | ops.OrdersCancelAfter) -> bool:
        """Take one cancel out of the bucket; refuse an account that this client may not cancel for."""
        session = self._session
        if not session.take(session.principal.cancels, op.id):
            return False
        if op.account not in self._cancelable:
            self._not_mine(op.id, op.account)
            return False
        return True

    def _not_mine(self, identity: ops.RequestId, account_id: int) -> None:
        actor = self._session.actor
        # An account that may be seen but not traded is a matter of rights; any other does not exist for this client.
        if actor.account_ids is not None and account_id in actor.account_ids:
            self._session.refuse(identity, "right_missing", pointer="/account")
        else:
            self._session.refuse(identity, "account_not_found", pointer="/account")

    def _submit(self, identity: ops.RequestId, command: Command, *, then: Callable[..., bytes] | None = None) -> None:
        session = self._session
        if session.in_flight >= session.hub.in_flight_max:
            session.refuse(identity, "too_many_in_flight", figures={"limit": session.hub.in_flight_max})
            return
        try:
            future = session.hub.submit(command)
        except CoreUnavailable as problem:
            session.refuse(identity, "trading_unavailable", figures={"maybe_executed": problem.maybe_executed})
            return
        session.in_flight += 1
        future.add_done_callback(partial(self._answered, identity, then or self._answer_frame))

    def _answered(self, identity: ops.RequestId, tell: Callable[..., bytes], future: asyncio.Future[Answer]) -> None:
        session = self._session
        session.in_flight -= 1
        if session.closed or future.cancelled():
            return
        problem = future.exception()
        if problem is None:
            answer = future.result()
            if type(answer.event) is OrderRepeated and answer.order is None and answer.event.code != rejects.DUPLICATE:
                # The core forgets an order that has ended; what it was is in the query tables.
                session.hub.job(self._answer_repeated(identity, answer))
            else:
                session.answer(tell(identity, answer))
        elif isinstance(problem, CoreUnavailable):
            session.refuse(identity, "trading_unavailable", figures={"maybe_executed": problem.maybe_executed})
        else:
            session.refuse(identity, "trading_unavailable")

    def _answer_frame(self, identity: ops.RequestId, answer: Answer) -> bytes:
        hub, view = self._session.hub, answer.order
        if view is not None:
            known = hub.accounts.known_order(view.account_id, view.order_id)
            # The picture of the account has the same commit in it: as long as it shows the order just as the answer
            # does, its text is there already. A later command of the commit may have moved it on.
            if known is not None and known.seq == answer.seq and known.filled_qty == view.filled_qty:
                if type(answer.event) is OrderAccepted:
                    number = identity if type(identity) is int else frames.request_id(identity)
                    return f'{{"id":{number},"ok":true,"seq":{answer.seq},"order":{known.json()}}}'.encode()
                return self._frame(identity, answer, known)
        return self._frame(identity, answer, order_of_answer(answer, hub.contracts))

    def _frame(self, identity: ops.RequestId, answer: Answer, order: OrderState | None) -> bytes:
        event: Any = answer.event
        kind = type(event)
        if kind is OrderRejected or kind is CommandRefused or (kind is OrderRepeated and event.code):
            return self._refused_frame(identity, answer, order)
        repeated = ',"replayed":true' if kind is OrderRepeated else ""
        text = "null" if order is None else order.json()
        return f'{{"id":{frames.request_id(identity)},"ok":true,"seq":{answer.seq}{repeated},"order":{text}}}'.encode()

    async def _answer_repeated(self, identity: ops.RequestId, answer: Answer) -> None:
        event: Any = answer.event
        order = await self._session.hub.recovery.stored_order(
            tenant_id=self._tenant_id, account_id=event.account_id, order_id=event.order_id
        )
        if not self._session.closed:
            self._session.answer(self._frame(identity, answer, order))

    def _refused_frame(self, identity: ops.RequestId, answer: Answer, order: OrderState | None) -> bytes:
        event: Any = answer.event
        contract = order.contract if order is not None else None
        figures = figures_shape(event.code, event.figures, contract=contract)
        detail = self._session.hub.detail(event.code, figures, self._session.actor.language)
        error = frames.encode({"code": event.code, "detail": detail, "figures": figures}).decode()
        repeated = ',"replayed":true' if isinstance(event, OrderRepeated) else ""
        shown = "" if order is None else f',"order":{order.json()}'
        return (
            f'{{"id":{frames.request_id(identity)},"ok":false,"seq":{answer.seq}{repeated},"error":{error}{shown}}}'
        ).encode()
