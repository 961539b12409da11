"""Writes findings as alert rows, in the follower's transaction and under the core's database role.

All numbers come from the tenant's counter row, whose lock keeps them gapless and in commit order, so a desk that has
every change up to n and asks for what is above n misses nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from riskdesk import states
from riskdesk.monitors.base import Finding

NOTIFY_CHANNEL: Final = "aurum_alerts"

_COUNTER: Final = """
    INSERT INTO riskdesk_alert_counter (tenant_id, alerts, changes) VALUES (%s, 0, 0)
    ON CONFLICT (tenant_id) DO UPDATE SET alerts = riskdesk_alert_counter.alerts
    RETURNING alerts, changes
"""
_COUNTER_SET: Final = "UPDATE riskdesk_alert_counter SET alerts = %s, changes = %s WHERE tenant_id = %s"
_STANDING: Final = """
    SELECT id, state FROM riskdesk_alert
    WHERE tenant_id = %s AND account_id = %s AND rule = %s AND state IN ('open', 'acknowledged') FOR UPDATE
"""
_INSERT: Final = """
    INSERT INTO riskdesk_alert (tenant_id, account_id, number, change_no, rule, severity, state, level, count, figures,
        first_seq, last_seq, first_at_ns, last_at_ns, cleared_at_ns, note)
    VALUES (%s, %s, %s, %s, %s, %s, 'open', %s, %s, %s, %s, %s, %s, %s, %s, '')
"""
_REPEAT: Final = """
    UPDATE riskdesk_alert SET count = count + %s, figures = %s, last_seq = %s, last_at_ns = %s, state = %s,
        severity = greatest(severity, %s), cleared_at_ns = NULL, change_no = %s WHERE id = %s
"""
_CLEAR: Final = "UPDATE riskdesk_alert SET cleared_at_ns = %s, state = %s, change_no = %s WHERE id = %s"


@dataclass(slots=True)
class _Group:
    """Findings of one rule on one account within a flush, in order."""

    first: Finding
    last: Finding
    raised: int
    newest_raised: Finding | None


def _grouped(findings: Iterable[Finding]) -> list[_Group]:
    groups: dict[tuple[int, int, str], _Group] = {}
    for finding in findings:
        key = (finding.tenant_id, finding.account_id, finding.rule)
        group = groups.get(key)
        if group is None:
            group = groups[key] = _Group(finding, finding, 0, None)
        group.last = finding
        if finding.raised:
            group.raised += 1
            group.newest_raised = finding
    return [groups[key] for key in sorted(groups)]


class _Numbers:
    """The tenant's counters while one flush writes."""

    def __init__(self, cursor: Any, tenant_id: int) -> None:
        self.tenant_id = tenant_id
        cursor.execute(_COUNTER, (tenant_id,))
        self.alerts, self.changes = cursor.fetchone()

    def next_alert(self) -> int:
        self.alerts += 1
        return self.alerts

    def next_change(self) -> int:
        self.changes += 1
        return self.changes


def write_findings(cursor: Any, findings: Iterable[Finding]) -> dict[int, int]:
    """Write findings and wake the web processes on commit; return each changed tenant's newest change number."""
    numbers: dict[int, _Numbers] = {}
    for group in _grouped(findings):
        tenant_id = group.first.tenant_id
        if tenant_id not in numbers:
            numbers[tenant_id] = _Numbers(cursor, tenant_id)
        _write_group(cursor, group, numbers[tenant_id])
    for tenant_id, counter in numbers.items():
        cursor.execute(_COUNTER_SET, (counter.alerts, counter.changes, tenant_id))
        payload = json.dumps({"tenant": tenant_id, "n": counter.changes})
        cursor.execute("SELECT pg_notify(%s, %s)", (NOTIFY_CHANNEL, payload))
    return {tenant_id: counter.changes for tenant_id, counter in numbers.items()}


def _write_group(cursor: Any, group: _Group, numbers: _Numbers) -> None:
    first, last = group.first, group.last
    cursor.execute(_STANDING, (first.tenant_id, first.account_id, first.rule))
    standing = cursor.fetchone()
    raised = group.newest_raised
    if raised is not None:
        figures = json.dumps(raised.figures)
        if standing is None:
            cleared = None if last.raised else last.at_ns
            cursor.execute(
                _INSERT,
                (first.tenant_id, first.account_id, numbers.next_alert(), numbers.next_change(), first.rule,
                 raised.severity, raised.level, group.raised, figures, first.seq, last.seq, first.at_ns, last.at_ns,
                 cleared),
            )  # fmt: skip
            return
        state = states.next_state(standing[1], states.REPEAT)
        number = numbers.next_change()
        cursor.execute(
            _REPEAT, (group.raised, figures, raised.seq, raised.at_ns, state, raised.severity, number, standing[0])
        )
        standing = (standing[0], state)
    if not last.raised and standing is not None:
        state = states.next_state(standing[1], states.CLEAR)
        cursor.execute(_CLEAR, (last.at_ns, state, numbers.next_change(), standing[0]))
