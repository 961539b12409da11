"""Sets the demo's hosts, plans and addresses up, and lets one investor of each broker run the sample strategy."""

from __future__ import annotations

from typing import Final

import psutil

from accounts.choices import RoleName
from accounts.models import Tenant
from accounts.tenancy.context import tenant_scope
from portal.demo.cast import Broker
from portal.demo.money import account_numbers
from portal.demo.people import MAKER, person
from portal.lib.paths import var_dir
from vmhosting.choices import SegmentPurpose
from vmhosting.models import Machine, Plan
from vmhosting.placement import Size
from vmhosting.services.hosts import host_register, plan_create, quota_set, segment_create
from vmhosting.services.requests import machine_request, request_approve

DRIVER: Final = "sandbox"
# Strategies wait for ticks most of the time, so a host's processors may be promised several times over.
_CPU_OVERCOMMIT: Final = 4
_PLANS: Final = (
    ("small", "轻量型", "Small", Size(cpu_milli=250, memory_mib=128, disk_mib=256), 9_900),
    ("medium", "标准型", "Medium", Size(cpu_milli=500, memory_mib=256, disk_mib=512), 19_900),
    ("large", "高性能型", "Large", Size(cpu_milli=1_000, memory_mib=512, disk_mib=1_024), 39_900),
)


def hosting_make(tenant: Tenant, broker: Broker) -> None:
    """Register this machine as the broker's host, with plans, quota and a range of addresses."""
    with tenant_scope(tenant_id=tenant.pk):
        host_register(actor=MAKER, name="host-1", driver=DRIVER, size=_capacity(), room="A-01")
        for place, (code, name, name_en, size, fee_fen) in enumerate(_PLANS, start=1):
            plan_create(
                actor=MAKER,
                code=code,
                name=name,
                name_en=name_en,
                size=size,
                fee_month_fen=fee_fen,
                place=place,
            )
        quota_set(actor=MAKER, machines_max=3, cpu_milli_max=2_000, memory_mib_max=1_024)
        segment_create(actor=MAKER, cidr=broker.network, purpose=SegmentPurpose.MACHINES, room="A-01")


def strategy_make(tenant: Tenant, broker: Broker) -> bool:
    """Have the first investor ask for a machine and the server administrator approve it, once."""
    with tenant_scope(tenant_id=tenant.pk):
        if Machine.objects.exists():
            return False
        plan = Plan.objects.get(code="small")
    automatic = next(account for account in broker.accounts if account.title == "程序化账户")
    investor = person(str(automatic.username))
    with tenant_scope(tenant_id=tenant.pk, user_id=investor.user_id, account_ids=investor.account_ids):
        request = machine_request(
            actor=investor,
            account_id=account_numbers(tenant, broker)[automatic],
            cpu_milli=plan.cpu_milli,
            memory_mib=plan.memory_mib,
            disk_mib=plan.disk_mib,
            plan_id=plan.pk,
            purpose="双均线示例策略",
        )
    administrator = person(next(p.username for p in broker.people if p.role == RoleName.SERVER_ADMIN))
    with tenant_scope(tenant_id=tenant.pk, user_id=administrator.user_id):
        request_approve(actor=administrator, number=request.number)
    return True


def _capacity() -> Size:
    memory_mib = psutil.virtual_memory().total // (1 << 20)
    disk_mib = psutil.disk_usage(str(var_dir())).free // (1 << 20)
    cpus = psutil.cpu_count() or 1
    # A quarter each, because both brokers of the demo stand on this one machine beside the portal itself.
    return Size(cpu_milli=cpus * 1_000 * _CPU_OVERCOMMIT, memory_mib=memory_mib // 4, disk_mib=disk_mib // 8)
