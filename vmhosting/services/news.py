"""Numbered news about machines, and the two notifications: one wakes pages, one wakes the reconciler."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from portal.lib.clock import now_ns
from vmhosting.choices import EventKind, LogLevel
from vmhosting.models import Machine, MachineEvent
from vmhosting.services.numbers import take

NEWS_CHANNEL: Final = "aurum_machines"
WORK_CHANNEL: Final = "aurum_machine_work"


def event_append(
    *, machine: Machine, kind: EventKind, text: str = "", level: str = LogLevel.INFO, body: dict[str, Any] | None = None
) -> MachineEvent:
    """Write one numbered row and wake the pages at the commit."""
    event = MachineEvent(
        tenant_id=machine.tenant_id,
        account_id=machine.account_id,
        machine=machine,
        number=take("news"),
        kind=kind,
        at_ns=now_ns(),
        level=level,
        text=text[:500],
        body=body or {},
    )
    event.save(force_insert=True)
    wake_pages(tenant_id=machine.tenant_id, number=event.number)
    return event


def log_append(*, machine: Machine, lines: Sequence[tuple[int, str, str]]) -> int:
    """Write log lines given as (at_ns, level, text) and return the last number."""
    last = take("news", count=len(lines))
    first = last - len(lines) + 1
    MachineEvent.objects.bulk_create(
        MachineEvent(
            tenant_id=machine.tenant_id,
            account_id=machine.account_id,
            machine=machine,
            number=first + index,
            kind=EventKind.LOG,
            at_ns=at_ns,
            level=level,
            text=text[:500],
        )
        for index, (at_ns, level, text) in enumerate(lines)
    )
    wake_pages(tenant_id=machine.tenant_id, number=last)
    return last


def wake_pages(*, tenant_id: int, number: int) -> None:
    """Tell every web process that news up to a number exist."""
    _notify(NEWS_CHANNEL, {"tenant": tenant_id, "number": number})


def wake_reconciler(*, tenant_id: int) -> None:
    """Tell the reconciler that an operation is due."""
    _notify(WORK_CHANNEL, {"tenant": tenant_id})


def _notify(channel: str, payload: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [channel, json.dumps(payload)])
