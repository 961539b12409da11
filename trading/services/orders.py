"""Orders: enter, preview, cancel, replace. The counter decides; a refused order is a result, not an error."""

from __future__ import annotations

from dataclasses import dataclass, field

from accounts.auth.actor import Actor
from accounts.permissions import Right
from portal.lib.errors import Refused
from trading.choices import OFFSET_CODES, ORDER_TYPE_CODES, SIDE_CODES, TIME_IN_FORCE_CODES
from trading.core.client import Answer
from trading.engine import rejects
from trading.engine import types as t
from trading.engine.commands import CancelAll, CancelOrder, PlaceOrder, ReplaceOrder, SetCancelAfter
from trading.engine.events import CancelAfterSet, OrderRejected, OrderRepeated
from trading.engine.terms import Terms
from trading.engine.views import Preview
from trading.selectors.contracts import contract_by_id, contract_of, contracts
from trading.services.core_calls import (
    account_traded,
    actor_name,
    canceled_all,
    command_send,
    core_query,
    tenant_of,
)
from trading.shapes.answers import order_of_answer
from trading.shapes.contracts import Contract, PriceError
from trading.shapes.figures import figures_shape
from trading.shapes.order_terms import TermsError, TermsRequest, check_fit, price_problem, terms_of
from trading.shapes.orders import OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order as a client writes it: words and decimal text."""

    account_id: int
    trading_day: int
    client_order_id: str
    symbol: str
    side: str
    qty: int
    position_effect: str = "auto"
    order_type: str = "limit"
    time_in_force: str = "day"
    limit_price: str | None = None
    terms: TermsRequest = field(default_factory=TermsRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderResult:
    """What came of a request about one order. `code` is empty unless the counter refused."""

    order: OrderState | None
    seq: int
    code: str = ""
    figures: dict[str, object] | None = None
    replayed: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the counter took it."""
        return not self.code


def order_place(*, actor: Actor, request: OrderRequest) -> OrderResult:
    """Enter an order; a repeat of a client_order_id returns the first answer, other fields under it are refused."""
    account_traded(actor, request.account_id, right=Right.TRADE_PLACE)
    contract = _contract(request.symbol)
    answer = command_send(_command(actor, request, contract), contract=contract)
    event = answer.event
    order = order_of_answer(answer, contracts())
    if isinstance(event, OrderRepeated):
        if event.code == rejects.DUPLICATE:
            figures: dict[str, object] = {"order_id": str(event.order_id)}
            raise Refused(rejects.DUPLICATE, figures, status=409, pointer="/client_order_id")
        code, figures_raw = event.code, event.figures
        shown = figures_shape(code, figures_raw, contract=contract) if code else None
        if order is not None and code:
            order.reject_code, order.figures = code, figures_raw
        return OrderResult(order=order, seq=answer.seq, code=code, figures=shown, replayed=True)
    if isinstance(event, OrderRejected):
        shown = figures_shape(event.code, event.figures, contract=contract)
        return OrderResult(order=order, seq=answer.seq, code=event.code, figures=shown)
    return OrderResult(order=order, seq=answer.seq)


def order_preview(*, actor: Actor, request: OrderRequest) -> tuple[Preview, Contract]:
    """Say what the order would need and do; nothing changes and nothing is kept."""
    account_traded(actor, request.account_id, right=Right.TRADE_PLACE)
    contract = _contract(request.symbol)
    preview = core_query("preview", command=_command(actor, request, contract))
    return preview, contract


def order_cancel(
    *, actor: Actor, account_id: int, order_id: int | None = None, client_order_id: str | None = None
) -> OrderResult:
    """Cancel one order, by our number or the client's."""
    account_traded(actor, account_id, right=Right.TRADE_CANCEL)
    command = CancelOrder(tenant_of(actor), account_id, order_id or 0, client_order_id or "", actor_name(actor))
    return _result(command_send(command))


def order_replace(
    *,
    actor: Actor,
    account_id: int,
    order_id: int,
    qty: int,
    limit_price: str | None = None,
    stop_price: str | None = None,
) -> OrderResult:
    """Give a working order a new total quantity and price; a held stop a new trigger."""
    account_traded(actor, account_id, right=Right.TRADE_PLACE)
    tenant_id = tenant_of(actor)
    view = core_query("order", tenant_id=tenant_id, account_id=account_id, order_id=order_id)
    contract = contract_by_id(view.instrument_id)
    price_ticks = 0 if limit_price is None else _ticks(limit_price, contract)
    trigger = 0 if stop_price is None else _ticks(stop_price, contract, name="stop_price")
    command = ReplaceOrder(tenant_id, account_id, order_id, qty, price_ticks, actor_name(actor), trigger)
    return _result(command_send(command, contract=contract))


def orders_cancel_all(*, actor: Actor, account_id: int, symbol: str | None = None) -> int:
    """Cancel everything that works on an account, or on one of its contracts; returns the journal number."""
    account_traded(actor, account_id, right=Right.TRADE_CANCEL)
    instrument_id = 0 if symbol is None else _contract(symbol).instrument.instrument_id
    command = CancelAll(tenant_of(actor), account_id, instrument_id, t.CANCELED_BY_CLIENT, actor_name(actor))
    return canceled_all(command)


def orders_cancel_after(*, actor: Actor, account_id: int, seconds: int) -> tuple[int, int]:
    """Wind up the account's dead man's switch, or turn it off with 0; returns (when it fires or 0, journal number)."""
    account_traded(actor, account_id, right=Right.TRADE_CANCEL)
    answer = command_send(SetCancelAfter(tenant_of(actor), account_id, seconds * 1000, actor_name(actor)))
    event = answer.event
    return (event.due_ns if isinstance(event, CancelAfterSet) else 0), answer.seq


def _command(actor: Actor, request: OrderRequest, contract: Contract) -> PlaceOrder:
    command = PlaceOrder(
        tenant_of(actor),
        request.account_id,
        request.client_order_id,
        request.trading_day,
        contract.instrument.instrument_id,
        SIDE_CODES[request.side],
        OFFSET_CODES[request.position_effect],
        ORDER_TYPE_CODES[request.order_type],
        TIME_IN_FORCE_CODES[request.time_in_force],
        request.qty,
        _price_ticks(request, contract),
        actor_name(actor),
        _terms(request, contract),
    )
    try:
        check_fit(command)
    except TermsError as problem:
        raise _refused(problem, contract) from problem
    return command


def _contract(symbol: str) -> Contract:
    contract = contract_of(symbol)
    if contract is None:
        raise Refused(rejects.INSTRUMENT_UNKNOWN, status=422, pointer="/symbol")
    return contract


def _price_ticks(request: OrderRequest, contract: Contract) -> int:
    problem = price_problem(request.order_type, request.limit_price)
    if problem:
        raise Refused("invalid_field", detail=problem, status=422, pointer="/limit_price")
    return 0 if request.limit_price is None else _ticks(request.limit_price, contract)


def _terms(request: OrderRequest, contract: Contract) -> Terms | None:
    try:
        return terms_of(request.terms, request.order_type, request.time_in_force, contract)
    except TermsError as problem:
        raise _refused(problem, contract) from problem


def _refused(problem: TermsError, contract: Contract) -> Refused:
    figures = {"tick": contract.tick_text} if problem.code == rejects.PRICE_BAD else None
    return Refused(problem.code, figures, detail=str(problem), status=422, pointer=f"/{problem.field}")


def _ticks(text: str, contract: Contract, *, name: str = "limit_price") -> int:
    try:
        return contract.ticks(text)
    except PriceError as problem:
        figures = {"tick": contract.tick_text}
        raise Refused(problem.code, figures, detail=str(problem), status=422, pointer=f"/{name}") from problem


def _result(answer: Answer) -> OrderResult:
    return OrderResult(order=order_of_answer(answer, contracts()), seq=answer.seq)
