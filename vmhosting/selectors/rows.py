"""Machines, requests, operations and news as plain JSON, the same for REST, the socket and the tests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from vmhosting.models import Host, Machine, MachineEvent, MachineRequest, Operation, Pulse


def machine_row(machine: Machine, *, pulse: Pulse | None = None, operation: Operation | None = None) -> dict[str, Any]:
    """Return a machine with its three facts apart."""
    return {
        "uuid": machine.uuid,
        "name": machine.name,
        "account": machine.account_id,
        "purpose": machine.purpose,
        "state": machine.life,
        "fault": machine.fault,
        "wanted": {
            "power": machine.wanted_power,
            "generation": machine.generation,
            "cpu_milli": machine.cpu_milli,
            "memory_mib": machine.memory_mib,
            "disk_mib": machine.disk_mib,
        },
        "observed": {
            "power": machine.observed_power,
            "generation": machine.observed_generation,
            "cpu_milli": machine.observed_cpu_milli,
            "memory_mib": machine.observed_memory_mib,
            "disk_mib": machine.observed_disk_mib,
            "at": _iso(machine.observed_at),
        },
        "in_progress": None if operation is None else operation_row(operation),
        "needs_restart": machine.needs_restart,
        "strategy": machine.strategy,
        "parameters": machine.parameters,
        "parameters_version": machine.parameters_version,
        "pulse": None if pulse is None else pulse_row(pulse, uuid=machine.uuid),
        "created_at": _iso(machine.created_at),
    }


def operation_row(operation: Operation) -> dict[str, Any]:
    """Return an operation with its task log."""
    return {
        "kind": operation.kind,
        "state": operation.state,
        "attempts": operation.attempts,
        "error": operation.error,
        "next_try_at": _iso(operation.next_try_at),
        "asked_by": operation.asked_by,
        "started_at": _iso(operation.started_at),
        "ended_at": _iso(operation.ended_at),
        "steps": operation.trail,
    }


def request_row(request: MachineRequest) -> dict[str, Any]:
    """Return a request."""
    return {
        "number": request.number,
        "kind": request.kind,
        "machine": request.machine.uuid,
        "name": request.machine.name,
        "account": request.account_id,
        "cpu_milli": request.cpu_milli,
        "memory_mib": request.memory_mib,
        "disk_mib": request.disk_mib,
        "state": request.state,
        "reason": request.reason,
        "requested_at": _iso(request.requested_at),
        "decided_at": _iso(request.decided_at),
    }


def pulse_row(pulse: Pulse, *, uuid: str) -> dict[str, Any]:
    """Return the last heartbeat."""
    return {
        "machine": uuid,
        "account": pulse.account_id,
        "number": pulse.number,
        "heartbeat_ms": None if pulse.heartbeat_at is None else int(pulse.heartbeat_at.timestamp() * 1000),
        "observed_ms": None if pulse.measured_at is None else int(pulse.measured_at.timestamp() * 1000),
        "uptime_s": pulse.uptime_s,
        "cpu_milli": pulse.cpu_milli_now,
        "memory_mib": pulse.memory_used_mib,
        "samples": pulse.samples,
        "parameters_version": pulse.parameters_version,
        "strategy": pulse.strategy,
    }


def event_row(event: MachineEvent, *, uuid: str) -> dict[str, Any]:
    """Return one numbered row of news."""
    return {
        "number": event.number,
        "machine": uuid,
        "account": event.account_id,
        "kind": event.kind,
        "at_ns": event.at_ns,
        "level": event.level,
        "text": event.text,
        "body": event.body,
    }


def host_row(host: Host) -> dict[str, Any]:
    """Return a host with what it gives away."""
    return {
        "id": host.pk,
        "name": host.name,
        "room": host.room,
        "driver": host.driver,
        "usable": host.usable,
        "problem": host.problem,
        "remedy": host.remedy,
        "limits": host.limits,
        "limits_note": host.limits_note,
        "draining": host.draining,
        "cpu_milli": {"total": host.cpu_milli, "used": host.cpu_used_milli},
        "memory_mib": {"total": host.memory_mib, "used": host.memory_used_mib},
        "disk_mib": {"total": host.disk_mib, "used": host.disk_used_mib},
        "seen_at": _iso(host.seen_at),
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
