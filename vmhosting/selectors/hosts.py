"""What the server administrator sees: requests with before and after, hosts, work in progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Count

from accounts.auth.actor import Actor
from accounts.models import AccountHolder, Client
from vmhosting.models import Host, Machine, MachineRequest, Operation, Pulse
from vmhosting.placement import HostRoom, Size, Verdict, choose, verdict
from vmhosting.selectors.places import held_size, rooms
from vmhosting.selectors.quotas import QuotaState, quota_state
from vmhosting.states import LIFE_ENDED, OPERATION_OPEN, Life, RequestState

_TASKS_SHOWN: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """A request with what it would change: on which host, from what to what, why there, or why not at all."""

    request: MachineRequest
    client: Client | None
    current: Size
    room: HostRoom | None
    after: Size | None
    rooms: list[Verdict]
    quota: QuotaState
    over_cpu_milli: int
    over_memory_mib: int

    @property
    def is_new(self) -> bool:
        """Whether this asks for a new machine."""
        return self.request.kind == "new"


def requests_waiting(actor: Actor) -> list[MachineRequest]:
    """Return undecided requests, the oldest first."""
    rows = MachineRequest.objects.filter(state=RequestState.PENDING).select_related(
        "machine", "machine__host", "requested_by", "machine__plan"
    )
    if actor.account_ids is not None:
        rows = rows.filter(account_id__in=actor.account_ids)
    return list(rows.order_by("number"))


def request_before(request: MachineRequest, *, host_id: int | None = None) -> Before:
    """Work out what approving a request would do."""
    machine = request.machine
    size = Size(cpu_milli=request.cpu_milli, memory_mib=request.memory_mib, disk_mib=request.disk_mib)
    held = held_size(machine)
    quota = quota_state(user_id=machine.owner_id)
    offered = rooms(owner_id=machine.owner_id)
    if request.kind == "new":
        judged = [verdict(room, size=size) for room in offered]
        fixed = [room for room in offered if room.host_id == host_id] if host_id else offered
        chosen = choose(fixed, size=size)
        room, more = (chosen.room, size) if chosen else (None, size)
    else:
        more = Size(
            cpu_milli=size.cpu_milli - held.cpu_milli,
            memory_mib=size.memory_mib - held.memory_mib,
            disk_mib=size.disk_mib - held.disk_mib,
        )
        own = [room for room in offered if room.host_id == machine.host_id]
        judged = [verdict(room, size=more) for room in own]
        fits = judged and not {"cpu", "memory", "disk"} & set(judged[0].unfit)
        room = own[0] if fits else None
    return Before(
        request=request,
        client=client_of(account_id=machine.account_id),
        current=Size(cpu_milli=machine.cpu_milli, memory_mib=machine.memory_mib, disk_mib=machine.disk_mib),
        room=room,
        after=None if room is None else _plus(room.used, more),
        rooms=judged,
        quota=quota,
        over_cpu_milli=max(0, quota.cpu_milli - quota.cpu_milli_max),
        over_memory_mib=max(0, quota.memory_mib - quota.memory_mib_max),
    )


def client_of(*, account_id: int) -> Client | None:
    """Return the customer who holds an account."""
    holder = AccountHolder.objects.select_related("client").filter(account_id=account_id).first()
    return holder.client if holder else None


def clients_by_account() -> dict[int, Client]:
    """Return the customers by account."""
    return {holder.account_id: holder.client for holder in AccountHolder.objects.select_related("client")}


def hosts_shown() -> list[Host]:
    """Return the hosts, each with `machine_count`."""
    counts = dict(
        Machine.objects.exclude(life__in=LIFE_ENDED)
        .filter(host__isnull=False)
        .values_list("host_id")
        .annotate(count=Count("id"))
    )
    hosts = list(Host.objects.order_by("name"))
    for host in hosts:
        host.machine_count = counts.get(host.pk, 0)  # type: ignore[attr-defined]
    return hosts


def machines_in_trouble() -> list[Machine]:
    """Return lost and failed machines."""
    return list(
        Machine.objects.filter(life__in=[Life.LOST, Life.ERROR]).select_related("host", "owner").order_by("life_since")
    )


def machines_on_hosts() -> list[Machine]:
    """Return every living machine for the administrator's list."""
    return list(Machine.objects.exclude(life__in=LIFE_ENDED).select_related("host", "owner").order_by("name"))


def tasks_shown() -> list[Operation]:
    """Return open operations and the last ended ones."""
    rows = Operation.objects.select_related("machine")
    running = list(rows.filter(state__in=OPERATION_OPEN).order_by("id"))
    ended = list(rows.exclude(state__in=OPERATION_OPEN).order_by("-ended_at")[: max(0, _TASKS_SHOWN - len(running))])
    return [*running, *ended]


def pulse_ages() -> dict[int, Pulse]:
    """Return heartbeats by machine row."""
    return {pulse.machine_id: pulse for pulse in Pulse.objects.all()}


def _plus(used: Size, more: Size) -> Size:
    return Size(
        cpu_milli=used.cpu_milli + more.cpu_milli,
        memory_mib=used.memory_mib + more.memory_mib,
        disk_mib=used.disk_mib + more.disk_mib,
    )
