"""The desk's follower: reads committed batches, asks the monitors, writes alerts and risk rows with its position."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar, Final

from portal.lib.errors import Failed
from riskdesk.alert_book import write_findings
from riskdesk.monitors import Finding, Monitor, all_monitors
from riskdesk.picture import Picture, Risk
from riskdesk.reading import read_opened, read_terms
from riskdesk.risk_board import write_risks
from riskdesk.rounds import Rounds
from trading.core.followers import Batch, Cursor, Follower
from trading.engine.events import Funds, PositionState

BOARD_EVERY_S: Final = 0.5
PROJECTION: Final = "projection"

_PROJECTED: Final = "SELECT seq FROM trading_follower_position WHERE name = %s"
_LAST_PRICES: Final = """
    SELECT i.id, coalesce(d.last_ticks, i.previous_settlement_ticks)
    FROM trading_instrument i LEFT JOIN trading_market_day d ON d.instrument_id = i.id
"""
_BALANCES: Final = """
    SELECT b.tenant_id, b.account_id, b.cash_fen, b.margin_fen, b.frozen_margin_fen, b.frozen_fee_fen,
        b.close_profit_fen, b.fee_fen, b.seq, coalesce(a.status, 0)
    FROM trading_balance b LEFT JOIN trading_account a ON a.tenant_id = b.tenant_id AND a.id = b.account_id
"""
_POSITIONS: Final = """
    SELECT tenant_id, account_id, instrument_id, side, today_qty, yesterday_qty, frozen_today, frozen_yesterday,
        open_cost_fen, mark_cost_fen, margin_fen
    FROM trading_position WHERE today_qty + yesterday_qty > 0
"""
_STANDING: Final = """
    SELECT rule, account_id FROM riskdesk_alert
    WHERE level AND state IN ('open', 'acknowledged') AND cleared_at_ns IS NULL
"""


class MonitorFollower(Follower):
    """Alerts and the risk board. One transaction a flush: findings, figures, position."""

    name: ClassVar[str] = "monitors"
    min_gap_s: ClassVar[float] = 0.1

    def __init__(self, rounds: Rounds | None = None) -> None:
        self.rounds = rounds or Rounds()
        self._take_monitors()
        self.picture = Picture()
        self._due: dict[int, Risk] = {}
        self._due_seq = 0
        self._written_s = 0.0

    def prepare(self, cursor: Cursor) -> None:
        """Load the picture from the query tables and what stands from the alerts.

        The tables may be ahead of this follower's position (every account remembers up to where) but must not be
        behind it: then the missing events would never be seen.
        """
        position = self.position(cursor)
        row = cursor.execute(_PROJECTED, (PROJECTION,)).fetchone()
        if position > (row[0] if row else 0):
            raise Failed("the projection is behind the monitors", cause=f"monitors at {position}", retryable=True)
        picture = Picture()
        picture.terms = read_terms(cursor)
        picture.tick_value_fen = {key: one.tick_value_fen for key, one in picture.terms.contracts.items()}
        for instrument_id, last_ticks in cursor.execute(_LAST_PRICES).fetchall():
            picture.put_price(instrument_id, last_ticks)
        for tenant_id, account_id, *funds, seq, status in cursor.execute(_BALANCES).fetchall():
            picture.put_funds(tenant_id, account_id, Funds(*funds))
            picture.accounts[account_id].loaded_seq = seq
            picture.accounts[account_id].status = status
        for tenant_id, account_id, *state in cursor.execute(_POSITIONS).fetchall():
            picture.put_position(tenant_id, account_id, PositionState(*state))
        read_opened(cursor, picture)
        standing: dict[str, set[int]] = {}
        for rule, account_id in cursor.execute(_STANDING).fetchall():
            standing.setdefault(rule, set()).add(account_id)
        self._take_monitors()
        for monitor in self.monitors:
            monitor.restore(standing.get(monitor.rule, set()))
        self.picture = picture
        self._due = {}
        self._due_seq = position
        self.rounds.prepare(cursor)

    def handle(self, batches: Sequence[Batch], cursor: Cursor) -> None:
        """Look at every event, then at every account whose risk may have moved."""
        findings: list[Finding] = []
        seq = at_ns = 0
        apply, wanting = self.picture.apply, self._wanting
        for batch in batches:
            for record in batch.records:
                seq, at_ns = record.seq, record.at_ns
                for event in record.events:
                    apply(event, seq=seq)
                    for monitor in wanting.get(type(event), ()):
                        findings += monitor.on_event(event, seq=seq, at_ns=at_ns)
        findings += self._look_at_risks(seq=seq, at_ns=at_ns)
        write_findings(cursor, findings)
        self._due_seq = seq
        if time.monotonic() - self._written_s >= BOARD_EVERY_S:
            self._write_board(cursor)

    def _take_monitors(self) -> None:
        self.monitors = all_monitors()
        kinds = {kind for monitor in self.monitors for kind in monitor.kinds}
        self._wanting: dict[type, list[Monitor]] = {
            kind: [monitor for monitor in self.monitors if kind in monitor.kinds] for kind in kinds
        }

    def idle(self, cursor: Cursor) -> None:
        """Write what the last flush left for later."""
        self._write_board(cursor)

    def _look_at_risks(self, *, seq: int, at_ns: int) -> list[Finding]:
        findings: list[Finding] = []
        for account_id in self.picture.take_touched():
            risk = self.picture.risk(account_id)
            self._due[account_id] = risk
            for monitor in self.monitors:
                findings += monitor.on_risk(risk, seq=seq, at_ns=at_ns)
        return findings

    def _write_board(self, cursor: Cursor) -> None:
        due = list(self._due.values())
        if due:
            write_risks(cursor, picture=self.picture, risks=due, seq=self._due_seq)
            self._due = {}
        self._written_s = time.monotonic()
        statuses = {risk.account_id: self.picture.accounts[risk.account_id].status for risk in due}
        self.rounds.run(cursor, due, statuses, seq=self._due_seq)
