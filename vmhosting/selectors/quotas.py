"""How much an investor may have, has, and has left; and which plans therefore fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Q, Sum

from vmhosting.models import Machine, MachineRequest, Plan, Quota
from vmhosting.placement import Size
from vmhosting.states import LIFE_ENDED, RequestState

DEFAULT_MACHINES: Final = 2
DEFAULT_CPU_MILLI: Final = 1000
DEFAULT_MEMORY_MIB: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaState:
    """Limits and use. What is only asked for counts as used, so that two requests cannot both fit the last room."""

    machines_max: int
    cpu_milli_max: int
    memory_mib_max: int
    machines: int
    cpu_milli: int
    memory_mib: int

    @property
    def machines_left(self) -> int:
        """How many machines may still be asked for."""
        return max(0, self.machines_max - self.machines)

    @property
    def cpu_milli_left(self) -> int:
        """How much CPU may still be asked for."""
        return max(0, self.cpu_milli_max - self.cpu_milli)

    @property
    def memory_mib_left(self) -> int:
        """How much memory may still be asked for."""
        return max(0, self.memory_mib_max - self.memory_mib)


def quota_state(*, user_id: int) -> QuotaState:
    """Return what a user may have and has, in the tenant in scope."""
    rule = Quota.objects.filter(Q(user_id=user_id) | Q(user_id__isnull=True)).order_by("user_id").first()
    living = Machine.objects.filter(owner_id=user_id).exclude(life__in=LIFE_ENDED)
    sums = living.aggregate(cpu=Sum("cpu_milli"), memory=Sum("memory_mib"))
    growth = _asked_growth(user_id=user_id)
    return QuotaState(
        machines_max=rule.machines_max if rule else DEFAULT_MACHINES,
        cpu_milli_max=rule.cpu_milli_max if rule else DEFAULT_CPU_MILLI,
        memory_mib_max=rule.memory_mib_max if rule else DEFAULT_MEMORY_MIB,
        machines=living.count(),
        cpu_milli=(sums["cpu"] or 0) + growth.cpu_milli,
        memory_mib=(sums["memory"] or 0) + growth.memory_mib,
    )


def plans_offered() -> list[Plan]:
    """Return the plans in their order."""
    return list(Plan.objects.filter(offered=True).order_by("place", "id"))


def shortage(*, quota: QuotaState, cpu_milli: int, memory_mib: int, machines: int = 1) -> dict[str, int]:
    """Return what is needed and left for whatever does not fit; empty when everything fits."""
    lacking: dict[str, int] = {}
    if machines > quota.machines_left:
        lacking |= {"machines_needed": machines, "machines_left": quota.machines_left}
    if cpu_milli > quota.cpu_milli_left:
        lacking |= {"cpu_milli_needed": cpu_milli, "cpu_milli_left": quota.cpu_milli_left}
    if memory_mib > quota.memory_mib_left:
        lacking |= {"memory_mib_needed": memory_mib, "memory_mib_left": quota.memory_mib_left}
    return lacking


def _asked_growth(*, user_id: int) -> Size:
    """Sum what pending resizes would add."""
    cpu = memory = 0
    waiting = MachineRequest.objects.filter(
        state=RequestState.PENDING, kind="resize", machine__owner_id=user_id
    ).select_related("machine")
    for request in waiting:
        cpu += max(0, request.cpu_milli - request.machine.cpu_milli)
        memory += max(0, request.memory_mib - request.machine.memory_mib)
    return Size(cpu_milli=cpu, memory_mib=memory, disk_mib=0)
