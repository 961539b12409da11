"""Monitors: one pure file per rule. Events and risk figures in, findings out; no database, no clock."""

from riskdesk.monitors.base import Finding, Monitor
from riskdesk.monitors.order_refused import OrderRefusedMonitor
from riskdesk.monitors.risk_degree import RiskDegreeMonitor

__all__ = ["Finding", "Monitor", "OrderRefusedMonitor", "RiskDegreeMonitor", "all_monitors"]


def all_monitors() -> list[Monitor]:
    """Return every monitor of the desk, fresh."""
    return [OrderRefusedMonitor(), *RiskDegreeMonitor.lines()]
