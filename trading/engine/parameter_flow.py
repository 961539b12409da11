"""Commands about dated parameters: announce a row, take one back before its day, mark an account as hedging."""

from __future__ import annotations

from typing import Final

from trading.engine import rejects
from trading.engine.bounds import (
    FEE_FEN_MAX,
    MARGIN_LOT_FEN_MAX,
    MARGIN_PPM_MIN,
    NUMBER_MAX,
    ORDER_QTY_MAX,
    QTY_MAX,
    RATE_PPM_MAX,
    reason_ok,
    trading_day_ok,
)
from trading.engine.commands import PutParameters, SetHedge, WithdrawParameters
from trading.engine.control_flow import two_people
from trading.engine.counter.accounts import Account
from trading.engine.events import Event
from trading.engine.parameter_days import mark_accounts
from trading.engine.parameter_events import HedgeSet, ParametersPut, ParametersWithdrawn
from trading.engine.parameters import LARGER_SIDE_OFF, LARGER_SIDE_PRODUCT, ParameterRow, Parameters
from trading.engine.refusing import refuse
from trading.engine.state import State

ROWS_TO_COME_MAX: Final = 100
"""Rows of one key that may wait for their day."""

_BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "long_margin_ppm": (MARGIN_PPM_MIN, RATE_PPM_MAX),
    "short_margin_ppm": (MARGIN_PPM_MIN, RATE_PPM_MAX),
    "long_margin_fen": (0, MARGIN_LOT_FEN_MAX),
    "short_margin_fen": (0, MARGIN_LOT_FEN_MAX),
    "larger_side": (LARGER_SIDE_OFF, LARGER_SIDE_PRODUCT),
    "open_fen": (0, FEE_FEN_MAX),
    "open_ppm": (0, RATE_PPM_MAX),
    "close_fen": (0, FEE_FEN_MAX),
    "close_ppm": (0, RATE_PPM_MAX),
    "close_today_fen": (0, FEE_FEN_MAX),
    "close_today_ppm": (0, RATE_PPM_MAX),
    "order_fen": (0, FEE_FEN_MAX),
    "cancel_fen": (0, FEE_FEN_MAX),
    "max_order_qty": (1, ORDER_QTY_MAX),
    "max_position_qty": (1, QTY_MAX),
    "limit_ppm": (1, RATE_PPM_MAX - 1),
}


def fields_problem(fields: Parameters, *, tenant_id: int, hedge: bool) -> tuple[str, dict[str, int]]:
    """The code and figures of what is wrong with what a row says; an empty code when all is well.

    A price limit is the exchange's alone and the same for hedging; only brokers' margins can be relative.
    """
    for name, (least, highest) in _BOUNDS.items():
        value: int | None = getattr(fields, name)
        lowest = 0 if fields.margin_relative and least == MARGIN_PPM_MIN else least
        if value is not None and not lowest <= value <= highest:
            return rejects.PARAMETER_BAD, {name: value, "lowest": lowest, "highest": highest}
    if fields.limit_ppm is not None and (tenant_id or hedge):
        return rejects.PARAMETER_BAD, {"limit_ppm": fields.limit_ppm, "exchange_only": 1, "hedge": int(hedge)}
    if fields.margin_relative and not tenant_id:
        return rejects.PARAMETER_BAD, {"margin_relative": 1, "exchange": 1}
    return "", {}


class ParameterFlow:
    """Takes rows in and out."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state: Final = state

    def put(self, command: PutParameters, events: list[Event]) -> None:
        """Take in a row for a day that has not begun. Nothing moves before that day's settlement prices are put."""
        code, figures = self._problem(command)
        if code:
            refuse(events, command.tenant_id, command.account_id, code, **figures)
            return
        book = self._state.parameters
        row = ParameterRow(
            book.next_row_id,
            command.tenant_id,
            command.account_id,
            command.instrument_id,
            command.product,
            command.hedge,
            command.effective_day,
            command.fields,
            command.source,
            command.maker,
            command.checker,
        )
        book.next_row_id += 1
        book.put(row)
        events.append(ParametersPut(command.tenant_id, row))

    def _problem(self, command: PutParameters) -> tuple[str, dict[str, int]]:
        state, tenant_id, account_id = self._state, command.tenant_id, command.account_id
        code = two_people(command.maker, command.checker)
        if not code and not (
            0 <= tenant_id <= NUMBER_MAX
            and (tenant_id or not account_id)
            and (command.instrument_id == 0) != (command.product == "")
            and trading_day_ok(command.effective_day)
            and command.source.strip()
            and reason_ok(command.source)
        ):
            code = rejects.FIELD_BAD
        if code:
            return code, {}
        if account_id and state.account_of(account_id, tenant_id) is None:
            return rejects.ACCOUNT_UNKNOWN, {}
        if not self._names_something(command.instrument_id, command.product):
            return rejects.INSTRUMENT_UNKNOWN, {}
        code, figures = fields_problem(command.fields, tenant_id=tenant_id, hedge=command.hedge)
        return (code, figures) if code else self._day_problem(command)

    def _day_problem(self, command: PutParameters) -> tuple[str, dict[str, int]]:
        """A row lies in the future, and no other row of its key begins on its day."""
        state, day = self._state, command.effective_day
        if day <= state.trading_day:
            return rejects.PARAMETER_PAST, {"effective_day": day, "trading_day": state.trading_day}
        key = (command.tenant_id, command.account_id, command.instrument_id, command.product, command.hedge)
        other = state.parameters.row_on(key, day)
        if other is not None:
            return rejects.PARAMETER_OVERLAP, {"effective_day": day, "row": other.row_id}
        waiting = sum(1 for row in state.parameters.rows.get(key, ()) if row.effective_day > state.trading_day)
        if waiting >= ROWS_TO_COME_MAX:
            return rejects.PARAMETER_BAD, {"rows": waiting, "highest": ROWS_TO_COME_MAX}
        return "", {}

    def _names_something(self, instrument_id: int, product: str) -> bool:
        contracts = self._state.contracts
        if instrument_id:
            return instrument_id in contracts
        return any(contract.product == product for contract in contracts.values())

    def withdraw(self, command: WithdrawParameters, events: list[Event]) -> None:
        """Take a row back whose day has not begun; one that has begun is ended by a later row."""
        state = self._state
        row = state.parameters.by_id.get(command.row_id)
        code = two_people(command.maker, command.checker)
        if not code and not reason_ok(command.reason):
            code = rejects.FIELD_BAD
        if code or row is None or row.tenant_id != command.tenant_id:
            refuse(events, command.tenant_id, 0, code or rejects.PARAMETER_UNKNOWN)
            return
        if row.effective_day <= state.trading_day:
            figures = {"effective_day": row.effective_day, "trading_day": state.trading_day}
            refuse(events, command.tenant_id, row.account_id, rejects.PARAMETER_PAST, **figures)
            return
        state.parameters.drop(row)
        events.append(ParametersWithdrawn(command.tenant_id, row, command.reason, command.maker, command.checker))

    def set_hedge(self, command: SetHedge, events: list[Event]) -> None:
        """Say what an account is for. An exchange keeps hedging apart by its own trading code (交易编码): an account
        changes its purpose only with nothing held and nothing working, so that no lot ever changes sides.
        """
        state = self._state
        account = state.account_of(command.account_id, command.tenant_id)
        if account is None:
            refuse(events, command.tenant_id, command.account_id, rejects.ACCOUNT_UNKNOWN)
            return
        code = two_people(command.maker, command.checker)
        if code:
            refuse(events, account.tenant_id, account.account_id, code)
            return
        held = _lots_held(account)
        if held or account.working_orders:
            figures = {"held": held, "working": account.working_orders}
            refuse(events, account.tenant_id, account.account_id, rejects.HEDGE_NOT_FLAT, **figures)
            return
        account.hedge = command.hedge
        mark_accounts(state)
        for contract in state.contracts.values():
            contract.refresh()
        account.account_seq += 1
        events.append(
            HedgeSet(
                account.tenant_id,
                account.account_id,
                account.account_seq,
                command.hedge,
                command.maker,
                command.checker,
            )
        )


def _lots_held(account: Account) -> int:
    return sum(
        position.today_qty + position.yesterday_qty
        for holding in account.holdings.values()
        for position in (holding.long, holding.short)
    )
