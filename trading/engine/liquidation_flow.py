"""Forced liquidation (强平): opened once for a trigger, worked row by row, over as soon as it may be.

What must never happen is kept from here, whatever plan or command arrives: an account has one open liquidation at
most; a trigger serves once; a step is carried out once; no row closes more lots than it names or than are held; and
before every step, after every command that traded or moved money, and at the day's end the account is looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from trading.engine import rejects
from trading.engine.bounds import QTY_MAX, name_ok, reason_ok
from trading.engine.commands import OpenLiquidation, StepLiquidation, StopLiquidation
from trading.engine.control_flow import two_people
from trading.engine.counter.accounts import Account
from trading.engine.counter.liquidations import (
    Liquidation,
    Part,
    basis_margin_fen,
    held_in,
    position_of,
    roll_parts,
)
from trading.engine.events import AccountStatusChanged, CashMoved, Event, Trade
from trading.engine.execution import Execution
from trading.engine.forced_orders import ForcedOrders
from trading.engine.group_mode import put_group_mode
from trading.engine.liquidation_events import LiquidationCarried, LiquidationEnded, LiquidationOpened
from trading.engine.refusing import refuse
from trading.engine.state import State
from trading.engine.types import (
    ACTIVE,
    BASIS_COMPANY,
    BASIS_EXCHANGE,
    CANCELED_LIQUIDATION,
    CLOSE_ONLY,
    CLOSE_TODAY,
    CLOSE_YESTERDAY,
    FORCE_DEPOSIT,
    FORCE_REASON_MAX,
    LIQUIDATION_DONE,
    LIQUIDATION_RESTORED,
    LIQUIDATION_STOPPED,
    LONG,
    OPEN,
    SHORT,
)
from trading.engine.views import RISK_UNBOUNDED_PPM, risk_ppm

SYSTEM: Final = "system"
ROWS_MAX: Final = 200
LINES: Final = 4  # warn, margin call, close-only, liquidate


class LiquidationFlow:
    """Opens, works and ends liquidations."""

    __slots__ = ("_execution", "_forced", "_state")

    def __init__(self, state: State, execution: Execution) -> None:
        self._state: Final = state
        self._execution: Final = execution
        self._forced: Final = ForcedOrders(state, execution)

    def open(self, command: OpenLiquidation, events: list[Event]) -> None:
        """Begin: the account may only close from now on, and what it had working to open is canceled."""
        state = self._state
        account = state.account_of(command.account_id, command.tenant_id)
        if account is None:
            refuse(events, command.tenant_id, command.account_id, rejects.ACCOUNT_UNKNOWN)
            return
        code, figures = self._open_problem(command, account)
        if code:
            refuse(events, account.tenant_id, account.account_id, code, **figures)
            return
        number = state.next_liquidation
        state.next_liquidation = number + 1
        parts = [Part(*row) for row in command.rows]
        item = Liquidation(account.account_id, number, command.reason, command.basis, command.target_ppm, parts)
        state.liquidations[account.account_id] = item
        put_group_mode(state, account.group_key)
        equity, margin = _figures(account, command.basis)
        account.account_seq += 1
        events.append(
            LiquidationOpened(
                account.tenant_id,
                account.account_id,
                account.account_seq,
                number,
                command.reason,
                command.basis,
                command.trigger_seq,
                command.lines_ppm,
                command.target_ppm,
                equity,
                margin,
                risk_ppm(margin, equity),
                command.rows,
                command.maker,
                command.checker,
            )
        )
        self._bar(account, number, command.checker, events)

    def _bar(self, account: Account, number: int, actor: str, events: list[Event]) -> None:
        """Take the right to open, and end what would open."""
        if account.status == ACTIVE:
            account.status = CLOSE_ONLY
            account.account_seq += 1
            events.append(
                AccountStatusChanged(
                    account.tenant_id,
                    account.account_id,
                    account.account_seq,
                    CLOSE_ONLY,
                    ACTIVE,
                    f"liquidation {number}",
                    actor,
                )
            )
        found = []
        order = account.order_head
        while order is not None:
            if order.offset == OPEN:
                found.append(order)
            order = order.account_next
        for order in found:
            if order.is_listed:  # the end of one leg ends the other
                self._execution.end(order, CANCELED_LIQUIDATION, actor, events)

    def _open_problem(self, command: OpenLiquidation, account: Account) -> tuple[str, dict[str, int]]:
        state = self._state
        code = two_people(command.maker, command.checker)
        if code or not _terms_ok(command):
            return code or rejects.FIELD_BAD, {}
        standing = state.liquidations.get(account.account_id)
        if standing is not None:
            return rejects.LIQUIDATION_OPEN, {"number": standing.number}
        ended = state.liquidation_ends.get(account.account_id, 0)
        if not ended <= command.trigger_seq <= state.seq:
            figures = {"trigger_seq": command.trigger_seq, "lowest": ended, "highest": state.seq}
            return rejects.LIQUIDATION_TRIGGER, figures
        if command.target_ppm:
            equity, margin = _figures(account, command.basis)
            degree = risk_ppm(margin, equity)
            if degree <= command.target_ppm:
                return rejects.LIQUIDATION_NEEDLESS, {"degree_ppm": degree, "target_ppm": command.target_ppm}
        seen: set[tuple[int, int, int]] = set()
        for instrument_id, side, offset, qty in command.rows:
            held = held_in(position_of(account, instrument_id, side), offset)
            if not 0 < qty <= held or (instrument_id, side, offset) in seen:
                return rejects.LIQUIDATION_PLAN, {"instrument_id": instrument_id, "qty": qty, "held": held}
            seen.add((instrument_id, side, offset))
        return "", {}

    def step(self, command: StepLiquidation, events: list[Event]) -> None:
        """Work one row. A liquidation that turns out to be over ends instead."""
        account = self._state.account_of(command.account_id, command.tenant_id)
        if account is None:
            refuse(events, command.tenant_id, command.account_id, rejects.ACCOUNT_UNKNOWN)
            return
        item = self._state.liquidations.get(command.account_id)
        code, figures = _step_problem(command, item)
        if code or item is None:
            refuse(events, account.tenant_id, account.account_id, code, **figures)
            return
        if self._over(account, item, events):
            return
        code, figures = self._forced.problem(command, account, item)
        if code:
            refuse(events, account.tenant_id, account.account_id, code, **figures)
            return
        self._forced.work(command, account, item, events)

    def stop(self, command: StopLiquidation, events: list[Event]) -> None:
        """End a liquidation because an officer says so."""
        account = self._state.account_of(command.account_id, command.tenant_id)
        if account is None:
            refuse(events, command.tenant_id, command.account_id, rejects.ACCOUNT_UNKNOWN)
            return
        item = self._state.liquidations.get(command.account_id)
        if item is None or item.number != command.number:
            refuse(events, account.tenant_id, account.account_id, rejects.LIQUIDATION_NONE, **_open_number(item))
            return
        if not name_ok(command.actor) or not reason_ok(command.reason):
            refuse(events, account.tenant_id, account.account_id, rejects.FIELD_BAD)
            return
        self._end(account, item, LIQUIDATION_STOPPED, command.reason, command.actor, events)

    def review(self, events: list[Event]) -> None:
        """After a command that traded or moved money: end what is over. Called only while one is open."""
        if any(type(event) is Trade or type(event) is CashMoved for event in events):
            for account_id in sorted(self._state.liquidations):
                self._over(self._state.accounts[account_id], self._state.liquidations[account_id], events)

    def carry(self, events: list[Event]) -> None:
        """The day has ended and no forced order works: what is not over goes on tomorrow, with the lots as rolled."""
        for account_id in sorted(self._state.liquidations):
            account, item = self._state.accounts[account_id], self._state.liquidations[account_id]
            roll_parts(item.parts)
            if self._over(account, item, events):
                continue
            account.account_seq += 1
            events.append(
                LiquidationCarried(account.tenant_id, account_id, account.account_seq, item.number, _rows(item.parts))
            )

    def _over(self, account: Account, item: Liquidation, events: list[Event]) -> bool:
        """End a liquidation whose account is restored, or of which nothing is left to close."""
        if item.target_ppm:
            equity, margin = _figures(account, item.basis)
            # Who owes money has no margin left when all is closed, but is not restored.
            if equity > 0 and risk_ppm(margin, equity) <= item.target_ppm:
                self._end(account, item, LIQUIDATION_RESTORED, "", SYSTEM, events)
                return True
        for part in item.parts:
            if part.remaining() and held_in(position_of(account, part.instrument_id, part.side), part.offset):
                return False
        self._end(account, item, LIQUIDATION_DONE, "", SYSTEM, events)
        return True

    def _end(
        self, account: Account, item: Liquidation, outcome: int, reason: str, actor: str, events: list[Event]
    ) -> None:
        state = self._state
        del state.liquidations[account.account_id]
        put_group_mode(state, account.group_key)
        state.liquidation_ends[account.account_id] = state.seq + 1
        equity, margin = _figures(account, item.basis)
        account.account_seq += 1
        events.append(
            LiquidationEnded(
                account.tenant_id,
                account.account_id,
                account.account_seq,
                item.number,
                outcome,
                equity,
                margin,
                risk_ppm(margin, equity),
                _rows(item.parts),
                reason,
                actor,
            )
        )
        for part in item.parts:
            order = state.orders.get(part.order_id)
            if order is not None:
                self._execution.end(order, CANCELED_LIQUIDATION, actor, events)


def _figures(account: Account, basis: int) -> tuple[int, int]:
    """Equity at the last prices, and margin by this basis."""
    return account.cash_fen + account.profit_fen(), basis_margin_fen(account, basis)


def _rows(parts: Iterable[Part]) -> list[tuple[int, int, int, int, int]]:
    return [(part.instrument_id, part.side, part.offset, part.qty, part.filled) for part in parts]


def _open_number(item: Liquidation | None) -> dict[str, int]:
    return {"number": 0 if item is None else item.number}


def _terms_ok(command: OpenLiquidation) -> bool:
    """Say whether reason, basis, lines, target and the shape of the rows make sense by themselves."""
    lines, target = command.lines_ppm, command.target_ppm
    if lines:
        fits = len(lines) == LINES and lines == sorted(lines) and lines[0] > 0 and lines[-1] < RISK_UNBOUNDED_PPM
        fits = fits and 0 <= target < lines[-1]
    else:
        fits = target == 0
    return (
        fits
        and 0 < command.reason <= FORCE_REASON_MAX
        # Money that is missing is the one reason that goes away while it is worked on.
        and (command.reason != FORCE_DEPOSIT or target > 0)
        and command.basis in (BASIS_COMPANY, BASIS_EXCHANGE)
        and 0 < len(command.rows) <= ROWS_MAX
        and all(
            side in (LONG, SHORT) and offset in (CLOSE_TODAY, CLOSE_YESTERDAY) for _, side, offset, _ in command.rows
        )
    )


def _step_problem(command: StepLiquidation, item: Liquidation | None) -> tuple[str, dict[str, int]]:
    if item is None or item.number != command.number:
        return rejects.LIQUIDATION_NONE, _open_number(item)
    if command.step != item.steps + 1:
        return rejects.LIQUIDATION_STEP, {"step": command.step, "next": item.steps + 1}
    if not name_ok(command.actor) or not 0 <= command.row < len(item.parts):
        return rejects.FIELD_BAD, {"rows": len(item.parts)}
    if not 0 < command.qty <= QTY_MAX:
        return rejects.QTY_BAD, {"lowest": 1, "highest": QTY_MAX}
    return "", {}
