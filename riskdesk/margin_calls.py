"""Margin calls with a deadline: what the desk's rounds do when the venue's clock passes it.

A call that is met by then is over and done with. One that is missed gives a plan, once: opened by rule where the
broker's lines are automatic, otherwise proposed for officers to decide. Nothing is kept here: which calls stand is in
the notices, and what came of one is written with the plan in one transaction. Where a plan was opened by rule and the
process died before that, the engine refuses a second one: its trigger is the journal number of the call.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from riskdesk.liquidation.deadline import due_ns, met
from riskdesk.liquidation.ladder import Lines
from riskdesk.liquidation.planning import Bucket, plan_of, plan_rows
from riskdesk.notice_board import Call, call_end, call_met, call_missed, calls_standing, doors_wake
from trading.engine import rejects
from trading.engine import types as t
from trading.engine.commands import OpenLiquidation
from trading.engine.events import CommandRefused
from trading.engine.views import AccountView, risk_ppm

log = logging.getLogger(__name__)
SYSTEM: Final = "system"
JUDGED_A_ROUND: Final = 50
# The books are being settled or have just moved: the next round looks at new figures.
_LATER: Final = frozenset({rejects.SETTLING, rejects.LIQUIDATION_NEEDLESS, rejects.LIQUIDATION_PLAN})

_PROPOSE: Final = """
    INSERT INTO riskdesk_liquidation_proposal (tenant_id, account_id, reason, basis, trigger_seq, lines_ppm, target_ppm,
        equity_fen, margin_fen, degree_ppm, rows, note, state, notice_id, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '', 'proposed', %s, now())
    ON CONFLICT DO NOTHING
"""


def rule_name(notice_id: int) -> str:
    """How the journal names the rule behind a plan: with the margin call whose deadline was missed."""
    return f"rule:margin_call:{notice_id}"


@dataclass(frozen=True, slots=True)
class Moment:
    """The core's clock and calendar, asked once a round."""

    market_ns: int
    seq: int
    coming_days: tuple[int, ...]


class MarginCalls:
    """Part of the rounds; `call` and `ask` are the core's door."""

    def __init__(self, *, call: Callable[[Any], Any], ask: Callable[..., Any]) -> None:
        self._call = call
        self._ask = ask
        self._standing: dict[tuple[int, int], Call] = {}
        self._moment: Moment | None = None

    def begin(self, cursor: Any) -> None:
        """Begin a round: read which calls stand."""
        self._standing = calls_standing(cursor)
        self._moment = None

    def due_ns(self, lines: Lines) -> int | None:
        """The deadline of a call sent now; None where the broker sets none."""
        if lines.pay_by_min is None:
            return None
        moment = self._now()
        return due_ns(lines.pay_by_min, market_ns=moment.market_ns, coming_days=moment.coming_days)

    def left(self, cursor: Any, key: tuple[int, int]) -> None:
        """An account has left the level of the call: a deadline that ran is met."""
        call = self._standing.pop(key, None)
        if call is not None and not call.met:
            call_met(cursor, call, market_ns=self._now().market_ns)

    def lapsed(self, cursor: Any, key: tuple[int, int], *, degree_ppm: int, line_ppm: int) -> bool:
        """End a call that was met when the account is above the line again: it needs a new call, a new deadline."""
        call = self._standing.get(key)
        if call is None or not call.met or met(degree_ppm, line_ppm):
            return False
        call_end(cursor, self._standing.pop(key))
        return True

    def judge(self, cursor: Any, lines_of: Callable[[int], list[Lines]], *, seq: int) -> None:
        """Decide the calls whose time has come. A process that was away decides them at its first look."""
        running = [call for call in self._standing.values() if not call.met]
        if not running:
            return
        moment = self._now()
        due = [call for call in running if call.due_ns <= moment.market_ns][:JUDGED_A_ROUND]
        if not due or self._ask("settlement")["settling"]:
            return  # between two days no figure is final
        for call in due:
            lines = next(each for each in lines_of(call.tenant_id) if each.basis == call.basis)
            if self._decide(cursor, call, lines, moment):
                doors_wake(cursor, call.tenant_id, seq=seq)

    def _decide(self, cursor: Any, call: Call, lines: Lines, moment: Moment) -> bool:
        """Whether the call was decided; otherwise the next round looks at it again."""
        view = self._ask("account", tenant_id=call.tenant_id, account_id=call.account_id)
        margin = view.exchange_margin_fen if call.basis == t.BASIS_EXCHANGE else view.funds.margin_fen
        if met(risk_ppm(margin, view.equity_fen), call.line_ppm):
            call_met(cursor, call, market_ns=moment.market_ns)
            return True
        open_ones = self._ask("liquidations", tenant_id=call.tenant_id)
        if all(item.account_id != call.account_id for item in open_ones):
            # At least the call's own line has to be reached, whatever the target is.
            target = min(lines.target_ppm, call.line_ppm)
            plan = self._plan(view, call.basis, target)
            if not plan:
                return False
            refused = self._open(call, lines, plan, target) if lines.automatic else ""
            if refused in _LATER:
                return False
            if not lines.automatic or refused not in ("", rejects.LIQUIDATION_OPEN):
                self._propose(cursor, call, lines, plan, view=view, margin_fen=margin, target=target, seq=moment.seq)
        call_missed(cursor, call, market_ns=moment.market_ns)
        return True

    def _plan(self, view: AccountView, basis: int, target_ppm: int) -> list[Bucket]:
        specs = {row[0].instrument_id: row[0] for row in self._ask("instruments")}
        stats = {item.instrument_id: item for item in self._ask("stats", instrument_id=0)}
        return plan_of(view, basis=basis, target_ppm=target_ppm, specs=specs, stats=stats)

    def _open(self, call: Call, lines: Lines, plan: list[Bucket], target: int) -> str:
        """Open by rule; gives the code of a refusal. One liquidation has ended since the call: officers decide."""
        event = self._call(
            OpenLiquidation(
                call.tenant_id, call.account_id, t.FORCE_DEPOSIT, call.basis, call.trigger_seq, lines.as_list(), target,
                plan_rows(plan), SYSTEM, rule_name(call.notice_id),
            )
        )  # fmt: skip
        if not isinstance(event, CommandRefused):
            return ""
        log.info("account %s is not liquidated: %s", call.account_id, event.code)
        return event.code

    def _propose(
        self, cursor: Any, call: Call, lines: Lines, plan: list[Bucket], *, view: AccountView, margin_fen: int,
        target: int, seq: int,
    ) -> None:  # fmt: skip
        """Propose for officers. Where a proposal waits already, that one serves."""
        rows = [[one.instrument_id, one.side, one.offset, one.qty, one.needed] for one in plan]
        figures = [view.equity_fen, margin_fen, risk_ppm(margin_fen, view.equity_fen), json.dumps(rows)]
        cursor.execute(
            _PROPOSE,
            [
                call.tenant_id, call.account_id, t.FORCE_DEPOSIT, call.basis, seq, json.dumps(lines.as_list()), target,
                *figures, call.notice_id,
            ],
        )  # fmt: skip

    def _now(self) -> Moment:
        if self._moment is None:
            status = self._ask("status")
            days = (status.get("calendar") or {}).get("coming_days", ())
            self._moment = Moment(int(status["market_ns"]), int(status["seq"]), tuple(days))
        return self._moment
