"""Rule: an account's risk degree (margin divided by equity) stands at or above a line.

80 % warns, 100 % is a margin call. A line is left again only two points below it, so that a price that rests on the
line does not fill the wall.
"""

from __future__ import annotations

from typing import Final

from riskdesk.choices import CRITICAL, WARNING
from riskdesk.monitors.base import Finding
from riskdesk.picture import Risk
from trading.engine.events import Event

LEAVE_BELOW_PPM: Final = 20_000


class RiskDegreeMonitor:
    """Finds accounts that cross one line, upward and back."""

    kinds: tuple[type[Event], ...] = ()  # events speak through the risk they cause

    def __init__(self, *, rule: str, line_ppm: int, severity: int) -> None:
        self.rule = rule
        self.line_ppm = line_ppm
        self.severity = severity
        self._above: set[int] = set()

    @classmethod
    def lines(cls) -> list[RiskDegreeMonitor]:
        """Return the monitors of the desk's lines."""
        return [
            cls(rule="risk_degree_80", line_ppm=800_000, severity=WARNING),
            cls(rule="risk_degree_100", line_ppm=1_000_000, severity=CRITICAL),
        ]

    def on_event(self, event: Event, *, seq: int, at_ns: int) -> list[Finding]:
        """Never called."""
        return []

    def on_risk(self, risk: Risk, *, seq: int, at_ns: int) -> list[Finding]:
        """Compare with the line; find the crossing, not the standing."""
        above = risk.account_id in self._above
        if not above and risk.degree_ppm >= self.line_ppm:
            self._above.add(risk.account_id)
            return [self._finding(risk, seq=seq, at_ns=at_ns, raised=True)]
        if above and risk.degree_ppm < self.line_ppm - LEAVE_BELOW_PPM:
            self._above.discard(risk.account_id)
            return [self._finding(risk, seq=seq, at_ns=at_ns, raised=False)]
        return []

    def restore(self, open_accounts: set[int]) -> None:
        """Take over who stood above the line."""
        self._above = set(open_accounts)

    def _finding(self, risk: Risk, *, seq: int, at_ns: int, raised: bool) -> Finding:
        return Finding(
            rule=self.rule,
            severity=self.severity,
            tenant_id=risk.tenant_id,
            account_id=risk.account_id,
            seq=seq,
            at_ns=at_ns,
            raised=raised,
            level=True,
            figures={
                "degree_ppm": risk.degree_ppm,
                "line_ppm": self.line_ppm,
                "margin_fen": risk.margin_fen,
                "equity_fen": risk.equity_fen,
                "call_fen": max(0, risk.margin_fen - risk.equity_fen),
            },
        )
