"""The desk's rounds: what a broker's lines ask of accounts whose risk has moved, and open liquidations driven on.

Runs on the monitors' follower, in its transaction, each time the board is written. It keeps nothing that matters: which
levels stand is in the notices, which liquidations are open is in the engine; killed at any point, the next one goes on.
A command sent twice is refused by the engine (a trigger serves once, a step is taken once).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from riskdesk.liquidation import ladder
from riskdesk.liquidation.ladder import FIRST_LINES, Lines, level_of
from riskdesk.liquidation.planning import plan_of, plan_rows
from riskdesk.liquidation.stepping import LEVELS_READ, Market, next_step
from riskdesk.margin_calls import SYSTEM, MarginCalls
from riskdesk.notice_board import doors_wake, levels_standing, notice_send, notices_end
from riskdesk.picture import Risk
from trading.core import client
from trading.core.client import CoreUnavailable
from trading.engine import types as t
from trading.engine.commands import OpenLiquidation, SetAccountStatus
from trading.engine.events import CommandRefused
from trading.engine.views import LiquidationView, risk_ppm

log = logging.getLogger(__name__)
RULE: Final = "rule:liquidate"
STEPS_A_ROUND: Final = 8

_LINES: Final = """
    SELECT tenant_id, basis, warn_ppm, call_ppm, close_only_ppm, liquidate_ppm, target_ppm, automatic,
        pay_by_min
    FROM riskdesk_lines WHERE state = 'in_force'
"""
_OPEN: Final = "SELECT DISTINCT tenant_id FROM trading_liquidation WHERE outcome IS NULL ORDER BY 1"

Call = Callable[[Any], Any]
Ask = Callable[..., Any]


class Rounds:
    """One a follower. `call` and `ask` are the core's door; tests bring a machine of their own."""

    def __init__(self, *, call: Call | None = None, ask: Ask | None = None) -> None:
        self._call: Call = call or (lambda command: client.call(command).event)
        self._ask: Ask = ask or client.query
        self._levels: dict[tuple[int, int], int] = {}
        self._lines: dict[int, list[Lines]] = {}
        self._margin_calls = MarginCalls(call=self._call, ask=self._ask)

    def prepare(self, cursor: Any) -> None:
        """Take over which levels stand."""
        self._levels = levels_standing(cursor)

    def run(self, cursor: Any, risks: Iterable[Risk], statuses: Mapping[int, int], *, seq: int) -> None:
        """Look at accounts whose risk has moved and at deadlines, then drive what is open."""
        self._read_lines(cursor)
        self._margin_calls.begin(cursor)
        # With the core away this fails, and with it the transaction: level and command come again together.
        for risk in risks:
            for lines in self.lines_of(risk.tenant_id):
                self._rung(cursor, risk, lines, statuses.get(risk.account_id, t.ACTIVE), seq=seq)
        try:
            self._margin_calls.judge(cursor, self.lines_of, seq=seq)
            for (tenant_id,) in cursor.execute(_OPEN).fetchall():
                self.drive(tenant_id)
        except CoreUnavailable as problem:
            # The next round asks again.
            log.warning("the core is away: %s", problem)

    def lines_of(self, tenant_id: int) -> list[Lines]:
        """A broker's lines in force; of a basis without any of its own, the first ones."""
        own = {lines.basis: lines for lines in self._lines.get(tenant_id, [])}
        return [own.get(lines.basis, lines) for lines in FIRST_LINES]

    def _read_lines(self, cursor: Any) -> None:
        found: dict[int, list[Lines]] = {}
        for tenant_id, *fields in cursor.execute(_LINES).fetchall():
            found.setdefault(tenant_id, []).append(Lines(*fields))
        self._lines = found

    def _rung(self, cursor: Any, risk: Risk, lines: Lines, status: int, *, seq: int) -> None:
        key = (risk.account_id, lines.basis)
        margin = risk.exchange_margin_fen if lines.basis == t.BASIS_EXCHANGE else risk.margin_fen
        degree = risk_ppm(margin, risk.equity_fen)
        standing = self._levels.get(key, ladder.NONE)
        level = level_of(lines, degree, standing)
        kinds = list(range(standing + 1, level + 1))
        if level < ladder.MARGIN_CALL:
            self._margin_calls.left(cursor, key)
        elif self._margin_calls.lapsed(cursor, key, degree_ppm=degree, line_ppm=lines.call_ppm):
            kinds.append(ladder.MARGIN_CALL)
        if level != standing or kinds:
            self._levels[key] = level
            notices_end(cursor, risk, lines.basis, above=level)
            for kind in kinds:
                due_ns = self._margin_calls.due_ns(lines) if kind == ladder.MARGIN_CALL else None
                notice_send(cursor, risk, lines, kind, seq=seq, due_ns=due_ns)
            doors_wake(cursor, risk.tenant_id, seq=seq)
        if level >= ladder.CLOSE_ONLY and standing < ladder.CLOSE_ONLY and status == t.ACTIVE:
            reason = f"risk degree {degree // 10_000} %"
            self._call(SetAccountStatus(risk.tenant_id, risk.account_id, t.CLOSE_ONLY, False, reason, SYSTEM))
        if level == ladder.LIQUIDATE and lines.automatic:
            self._open(risk, lines, seq=seq)

    def _open(self, risk: Risk, lines: Lines, *, seq: int) -> None:
        """Open by rule; what the engine refuses (one is open already, the figures are old) is no failure."""
        if any(item.account_id == risk.account_id for item in self._ask("liquidations", tenant_id=risk.tenant_id)):
            return
        view = self._ask("account", tenant_id=risk.tenant_id, account_id=risk.account_id)
        specs, stats = self._contracts()
        plan = plan_of(view, basis=lines.basis, target_ppm=lines.target_ppm, specs=specs, stats=stats)
        rows = plan_rows(plan)
        if not rows:
            return
        event = self._call(
            OpenLiquidation(
                risk.tenant_id, risk.account_id, t.FORCE_DEPOSIT, lines.basis, seq, lines.as_list(), lines.target_ppm,
                rows, SYSTEM, RULE,
            )
        )  # fmt: skip
        if isinstance(event, CommandRefused):
            log.info("account %s is not liquidated: %s", risk.account_id, event.code)

    def drive(self, tenant_id: int) -> None:
        """Take the steps that a broker's open liquidations have to take now."""
        for item in self._ask("liquidations", tenant_id=tenant_id):
            self._drive_one(item)

    def _drive_one(self, item: LiquidationView) -> None:
        for _ in range(STEPS_A_ROUND):
            view = self._ask("account", tenant_id=item.tenant_id, account_id=item.account_id)
            command = next_step(item, view, self._markets(item), actor=SYSTEM)
            if command is None:
                return
            event = self._call(command)
            if isinstance(event, CommandRefused):
                # Something moved between reading and sending: the next round reads anew.
                log.info("liquidation %s: step %s refused: %s", item.number, command.step, event.code)
                return
            open_ones = self._ask("liquidations", tenant_id=item.tenant_id)
            again = [one for one in open_ones if one.number == item.number]
            if not again:
                return
            item = again[0]

    def _markets(self, item: LiquidationView) -> dict[int, Market]:
        specs, stats = self._contracts()
        found: dict[int, Market] = {}
        for key in {row[0] for row in item.rows}:
            depth = self._ask("depth", instrument_id=key, levels=LEVELS_READ)
            found[key] = Market(specs[key], stats[key], depth.bids, depth.asks)
        return found

    def _contracts(self) -> tuple[dict[int, Any], dict[int, Any]]:
        specs = {row[0].instrument_id: row[0] for row in self._ask("instruments")}
        return specs, {item.instrument_id: item for item in self._ask("stats", instrument_id=0)}
