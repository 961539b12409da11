"""Giving a machine its place: host, slot and address, and taking them back. Sums stay below the host's capacity.

Checked before writing under the host's row lock, and again by the database's own constraint.
"""

from __future__ import annotations

from django.db.models import Q

from portal.lib.errors import Refused
from vmhosting.choices import SegmentPurpose
from vmhosting.errors import VmCode
from vmhosting.models import Address, Host, Machine, Segment
from vmhosting.network.addresses import next_free
from vmhosting.placement import HostRoom, Size, Verdict, choose, verdict
from vmhosting.selectors.places import held_size, room_of, rooms, size_of

_SLOTS = 1990


def allocation_take(*, machine: Machine, host_id: int | None = None) -> Verdict:
    """Place a machine on the best host, or on the one that was chosen; refuses with figures when there is no room."""
    size = size_of(machine)
    offered = rooms(owner_id=machine.owner_id, lock=True)
    if host_id is not None:
        offered = [room for room in offered if room.host_id == host_id]
    chosen = choose(offered, size=size)
    if chosen is None:
        raise _no_room(offered, size=size)
    host = Host.objects.get(pk=chosen.room.host_id)
    _hold(host, before=held_size(machine), after=size)
    machine.host = host
    machine.slot = _free_slot(machine)
    _keep(machine, size=size)
    if not Address.objects.filter(machine=machine).exists():
        _give_address(machine)
    return chosen


def allocation_change(*, machine: Machine, size: Size) -> None:
    """Hold another size on the machine's own host; refuses when the host has no room for the difference."""
    if machine.host_id is None:
        return
    host = Host.objects.select_for_update(no_key=True).get(pk=machine.host_id)
    before = held_size(machine)
    room = room_of(host, neighbours=0, addresses_left=1)
    more = Size(
        cpu_milli=max(0, size.cpu_milli - before.cpu_milli),
        memory_mib=max(0, size.memory_mib - before.memory_mib),
        disk_mib=max(0, size.disk_mib - before.disk_mib),
    )
    lacking = [reason for reason in verdict(room, size=more).unfit if reason in ("cpu", "memory", "disk")]
    if lacking:
        raise _no_room([room], size=more)
    _hold(host, before=before, after=size)
    _keep(machine, size=size)


def allocation_release(*, machine: Machine) -> None:
    """Give everything back; a machine that holds nothing is fine."""
    nothing = Size(cpu_milli=0, memory_mib=0, disk_mib=0)
    Address.objects.filter(machine=machine).delete()
    if machine.host_id is not None:
        host = Host.objects.select_for_update(no_key=True).get(pk=machine.host_id)
        _hold(host, before=held_size(machine), after=nothing)
    machine.host, machine.slot = None, None
    _keep(machine, size=nothing)


def _hold(host: Host, *, before: Size, after: Size) -> None:
    host.cpu_used_milli += after.cpu_milli - before.cpu_milli
    host.memory_used_mib += after.memory_mib - before.memory_mib
    host.disk_used_mib += after.disk_mib - before.disk_mib
    host.save(update_fields=["cpu_used_milli", "memory_used_mib", "disk_used_mib"])


def _keep(machine: Machine, *, size: Size) -> None:
    machine.held_cpu_milli, machine.held_memory_mib = size.cpu_milli, size.memory_mib
    machine.held_disk_mib = size.disk_mib
    machine.save(update_fields=["host", "slot", "held_cpu_milli", "held_memory_mib", "held_disk_mib"])


def _free_slot(machine: Machine) -> int:
    """Start from the row number, which no other tenant's machine on the same computer shares."""
    if machine.slot is not None:
        return machine.slot
    taken = set(Machine.objects.filter(Q(host=machine.host), slot__isnull=False).values_list("slot", flat=True))
    start = machine.pk % _SLOTS
    for step in range(_SLOTS):
        slot = (start + step) % _SLOTS
        if slot not in taken:
            return slot
    raise Refused(VmCode.HOST_FULL, {"machines": _SLOTS}, detail="The host carries as many machines as it can.")


def _give_address(machine: Machine) -> None:
    segments = Segment.objects.select_for_update(no_key=True).filter(purpose=SegmentPurpose.MACHINES)
    for segment in segments.order_by("id"):
        taken = set(Address.objects.filter(segment=segment).values_list("ip", flat=True))
        ip = next_free(segment.cidr, taken=taken)
        if ip is not None:
            Address(
                tenant_id=machine.tenant_id, account_id=machine.account_id, segment=segment, ip=ip, machine=machine
            ).save(force_insert=True)
            return
    raise Refused(VmCode.HOST_FULL, {"addresses": 0}, detail="No address is left in the machines' segments.")


def _no_room(offered: list[HostRoom], *, size: Size) -> Refused:
    figures: dict[str, object] = {
        "needed_cpu_milli": size.cpu_milli,
        "needed_memory_mib": size.memory_mib,
        "needed_disk_mib": size.disk_mib,
        "hosts": {room.name: [reason.value for reason in verdict(room, size=size).unfit] for room in offered},
    }
    return Refused(VmCode.HOST_FULL, figures, detail="No host has room for this machine.")
