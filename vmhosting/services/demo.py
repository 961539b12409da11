"""Setting hosting up in one call: for a new broker, and for the demo with a machine that trades at once."""

from __future__ import annotations

from typing import Any, Final

from accounts.audit import SystemActor
from accounts.auth.actor import Actor
from accounts.tenancy.context import tenant_scope
from vmhosting.drivers.base import MachineDriver
from vmhosting.drivers.catalogue import drivers
from vmhosting.models import Host, Machine, MachineRequest, Quota
from vmhosting.placement import Size
from vmhosting.services.hosts import host_note, host_register, plan_create, quota_set, segment_create
from vmhosting.services.requests import machine_request, request_approve

_SETUP: Final = SystemActor(name="set-up")
# A strategy sleeps most of its time, so CPU is given away several times over; memory is not.
_CPU_OVERCOMMIT: Final = 4
_MEMORY_SHARE_PER_MILLE: Final = 500
_DISK_SHARE_PER_MILLE: Final = 50
_DISK_MIB_MAX: Final = 65_536

PLANS: Final = (
    ("light", "轻量", "Light", Size(cpu_milli=250, memory_mib=128, disk_mib=32), 1_800),
    ("standard", "标准", "Standard", Size(cpu_milli=500, memory_mib=256, disk_mib=64), 3_800),
    ("large", "大型", "Large", Size(cpu_milli=2000, memory_mib=1024, disk_mib=256), 18_800),
)


def host_capacity(driver: MachineDriver) -> Size:
    """Return what a host offers to machines: CPU over-committed, half of the memory, a small part of the disk."""
    found = driver.inventory()
    return Size(
        cpu_milli=found.cpu_milli * _CPU_OVERCOMMIT,
        memory_mib=max(256, found.memory_mib * _MEMORY_SHARE_PER_MILLE // 1000),
        disk_mib=max(256, min(_DISK_MIB_MAX, found.disk_mib * _DISK_SHARE_PER_MILLE // 1000)),
    )


def hosting_set_up(*, tenant_id: int, name: str = "host-01", room: str = "", cidr: str = "10.8.3.0/24") -> Host:
    """Give a broker this computer as a host, plans, a quota for everybody and a segment. Repeating changes nothing."""
    kind, driver = next(iter(drivers().items()))
    with tenant_scope(tenant_id=tenant_id):
        host = Host.objects.filter(name=name).first()
        if host is None:
            host = host_register(actor=_SETUP, name=name, driver=kind, size=host_capacity(driver), room=room)
        host_note(host=host, capabilities=driver.capabilities())
        for place, (code, name_zh, name_en, size, fee) in enumerate(PLANS):
            plan_create(
                actor=_SETUP, code=code, name=name_zh, name_en=name_en, size=size, fee_month_fen=fee, place=place
            )
        if not Quota.objects.filter(user_id__isnull=True).exists():
            quota_set(actor=_SETUP, machines_max=3, cpu_milli_max=1500, memory_mib_max=768)
        segment_create(actor=_SETUP, cidr=cidr, purpose="machines", room=room)
    return host


def machine_ask(
    *, investor: Actor, account_id: int, purpose: str = "", parameters: dict[str, Any] | None = None
) -> MachineRequest:
    """Ask for a small machine as an investor, inside that investor's scope."""
    code, _name, _name_en, size, _fee = PLANS[0]
    return machine_request(
        actor=investor,
        account_id=account_id,
        cpu_milli=size.cpu_milli,
        memory_mib=size.memory_mib,
        disk_mib=size.disk_mib,
        purpose=purpose or code,
        parameters=parameters or {},
    )


def machine_make(
    *,
    investor: Actor,
    administrator: Actor,
    account_id: int,
    purpose: str = "",
    parameters: dict[str, Any] | None = None,
) -> Machine:
    """Ask as the investor and approve as the administrator; the reconciler starts it when it runs.

    Called outside every scope; each act happens in its own person's scope, as on the pages.
    """
    tenant_id = investor.tenant_id or 0
    with tenant_scope(tenant_id=tenant_id, user_id=investor.user_id, account_ids=investor.account_ids):
        request = machine_ask(investor=investor, account_id=account_id, purpose=purpose, parameters=parameters)
    with tenant_scope(tenant_id=tenant_id, user_id=administrator.user_id, account_ids=administrator.account_ids):
        return request_approve(actor=administrator, number=request.number).machine
