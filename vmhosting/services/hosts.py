"""Hosts, plans, quotas and segments: what a server administrator, an install script or the demo sets up."""

from __future__ import annotations

import ipaddress

from django.db import connection
from django.utils import timezone

from accounts import audit
from accounts.audit import SystemActor
from accounts.auth.actor import Actor
from accounts.errors import not_found
from accounts.permissions import Right
from portal.lib.errors import Refused
from vmhosting.drivers.base import Capabilities
from vmhosting.errors import VmCode
from vmhosting.models import Host, Plan, Quota, Segment
from vmhosting.placement import Size
from vmhosting.services.guard import require


def host_register(*, actor: Actor | SystemActor, name: str, driver: str, size: Size, room: str = "") -> Host:
    """Enter a host with its capacity (over-commit included), or give a known one a new capacity."""
    _require_operator(actor)
    host = Host.objects.filter(name=name).first() or Host(name=name)
    before = None if host.pk is None else _capacity(host)
    host.driver, host.room = driver, room
    host.cpu_milli, host.memory_mib, host.disk_mib = size.cpu_milli, size.memory_mib, size.disk_mib
    host.save()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO vmhosting_hosted_tenant (tenant_number) VALUES (%s) ON CONFLICT DO NOTHING", [host.tenant_id]
        )
    audit.record(actor=actor, action="host.register", target=f"host {name}", before=before, after=_capacity(host))
    return host


def host_drain(*, actor: Actor, host_id: int, draining: bool) -> Host:
    """Stop giving new machines to a host, or start again; those it has stay."""
    require(actor, Right.MACHINE_OPERATE)
    host = Host.objects.select_for_update(no_key=True).filter(pk=host_id).first()
    if host is None:
        raise not_found()
    before = host.draining
    host.draining = draining
    host.save(update_fields=["draining"])
    audit.record(actor=actor, action="host.drain", target=f"host {host.name}", before=before, after=draining)
    return host


def host_note(*, host: Host, capabilities: Capabilities) -> bool:
    """Write down what the host's driver says of itself; returns whether anything but the time changed."""
    said = {
        "usable": capabilities.usable,
        "problem": capabilities.problem[:300],
        "remedy": capabilities.remedy[:300],
        "limits": capabilities.limits.value,
        "limits_note": capabilities.limits_note[:300],
        "isolation": capabilities.isolation,
    }
    changed = any(getattr(host, field) != value for field, value in said.items())
    for field, value in said.items():
        setattr(host, field, value)
    host.seen_at = timezone.now()
    host.save(update_fields=[*said, "seen_at"])
    return changed


def plan_create(
    *,
    actor: Actor | SystemActor,
    code: str,
    name: str,
    name_en: str,
    size: Size,
    fee_month_fen: int = 0,
    place: int = 0,
) -> Plan:
    """Offer a plan, or change the one with this code."""
    _require_operator(actor)
    plan = Plan.objects.filter(code=code).first() or Plan(code=code)
    plan.name, plan.name_en, plan.fee_month_fen, plan.place = name, name_en, fee_month_fen, place
    plan.cpu_milli, plan.memory_mib, plan.disk_mib = size.cpu_milli, size.memory_mib, size.disk_mib
    plan.save()
    after = {"cpu_milli": size.cpu_milli, "memory_mib": size.memory_mib, "disk_mib": size.disk_mib}
    audit.record(actor=actor, action="plan.create", target=f"plan {code}", after=after)
    return plan


def quota_set(
    *,
    actor: Actor | SystemActor,
    machines_max: int,
    cpu_milli_max: int,
    memory_mib_max: int,
    user_id: int | None = None,
) -> Quota:
    """Set what one investor may have, or with no user what everybody else may have."""
    _require_operator(actor)
    quota = _quota_of(user_id) or Quota(user_id=user_id)
    before = None if quota.pk is None else [quota.machines_max, quota.cpu_milli_max, quota.memory_mib_max]
    quota.machines_max, quota.cpu_milli_max, quota.memory_mib_max = machines_max, cpu_milli_max, memory_mib_max
    quota.save()
    after = [machines_max, cpu_milli_max, memory_mib_max]
    audit.record(actor=actor, action="quota.set", target=f"quota {user_id or 'all'}", before=before, after=after)
    return quota


def segment_create(*, actor: Actor | SystemActor, cidr: str, purpose: str, room: str = "") -> Segment:
    """Enter a range of addresses; it may not overlap another of the tenant."""
    _require_operator(actor)
    try:
        network = ipaddress.ip_network(cidr)
    except ValueError:
        raise Refused(
            VmCode.INVALID, {"value": cidr}, detail="This is not a range of addresses.", status=400, pointer="/cidr"
        ) from None
    for other in Segment.objects.all():
        if other.cidr == str(network):
            return other
        if ipaddress.ip_network(other.cidr).overlaps(network):
            raise Refused(
                VmCode.INVALID, {"value": cidr, "overlaps": other.cidr}, detail="This range overlaps another one.",
                status=400, pointer="/cidr",
            )  # fmt: skip
    segment = Segment(cidr=str(network), purpose=purpose, room=room)
    segment.save(force_insert=True)
    audit.record(actor=actor, action="segment.create", target=f"segment {segment.cidr}", after=purpose)
    return segment


def _quota_of(user_id: int | None) -> Quota | None:
    rows = Quota.objects.filter(user__isnull=True) if user_id is None else Quota.objects.filter(user_id=user_id)
    return rows.first()


def _require_operator(actor: Actor | SystemActor) -> None:
    if isinstance(actor, Actor):
        require(actor, Right.MACHINE_OPERATE)


def _capacity(host: Host) -> dict[str, object]:
    return {
        "driver": host.driver, "room": host.room, "cpu_milli": host.cpu_milli, "memory_mib": host.memory_mib,
        "disk_mib": host.disk_mib,
    }  # fmt: skip
