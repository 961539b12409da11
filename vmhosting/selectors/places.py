"""What is free where: hosts as placement sees them, sizes of machines, addresses left."""

from __future__ import annotations

from django.db.models import Count

from vmhosting.choices import SegmentPurpose
from vmhosting.models import Address, Host, Machine, Segment
from vmhosting.network.addresses import capacity
from vmhosting.placement import HostRoom, Size
from vmhosting.states import LIFE_ENDED


def size_of(machine: Machine) -> Size:
    """Return the wanted size of a machine."""
    return Size(cpu_milli=machine.cpu_milli, memory_mib=machine.memory_mib, disk_mib=machine.disk_mib)


def held_size(machine: Machine) -> Size:
    """Return what is given away to a machine on its host."""
    return Size(cpu_milli=machine.held_cpu_milli, memory_mib=machine.held_memory_mib, disk_mib=machine.held_disk_mib)


def rooms(*, owner_id: int, lock: bool = False) -> list[HostRoom]:
    """Return every host of the tenant as placement sees it."""
    hosts = Host.objects.order_by("id")
    if lock:
        hosts = hosts.select_for_update(no_key=True)
    neighbours = dict(
        Machine.objects.filter(owner_id=owner_id, host__isnull=False)
        .exclude(life__in=LIFE_ENDED)
        .values_list("host_id")
        .annotate(count=Count("id"))
    )
    left = addresses_left()
    return [room_of(host, neighbours=neighbours.get(host.pk, 0), addresses_left=left) for host in hosts]


def addresses_left() -> int:
    """Return how many machine addresses are free in the tenant."""
    segments = Segment.objects.filter(purpose=SegmentPurpose.MACHINES)
    given = Address.objects.filter(segment__purpose=SegmentPurpose.MACHINES).count()
    return max(0, sum(capacity(segment.cidr) for segment in segments) - given)


def room_of(host: Host, *, neighbours: int, addresses_left: int) -> HostRoom:
    """Return one host as placement sees it."""
    return HostRoom(
        host_id=host.pk,
        name=host.name,
        total=Size(cpu_milli=host.cpu_milli, memory_mib=host.memory_mib, disk_mib=host.disk_mib),
        used=Size(cpu_milli=host.cpu_used_milli, memory_mib=host.memory_used_mib, disk_mib=host.disk_used_mib),
        usable=host.usable,
        draining=host.draining,
        addresses_left=addresses_left,
        neighbours_of_owner=neighbours,
    )
