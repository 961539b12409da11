"""Which host a machine goes to: filter the hosts that can take it, weigh the rest, say why. Pure, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Unfit(StrEnum):
    """Why a host cannot take a machine."""

    DRAINING = "draining"
    UNUSABLE = "unusable"
    CPU = "cpu"
    MEMORY = "memory"
    DISK = "disk"
    ADDRESSES = "addresses"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a machine takes: thousandths of a CPU and mebibytes."""

    cpu_milli: int
    memory_mib: int
    disk_mib: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRoom:
    """What a host offers (over-commit already applied), what is given away, and who lives there."""

    host_id: int
    name: str
    total: Size
    used: Size
    usable: bool = True
    draining: bool = False
    addresses_left: int = 1
    neighbours_of_owner: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One host looked at: either a score or the reasons against it."""

    room: HostRoom
    unfit: tuple[Unfit, ...]
    score: int


def verdict(room: HostRoom, *, size: Size) -> Verdict:
    """Judge one host. The score is what stays free afterwards in thousandths, the scarcest resource deciding."""
    free = _minus(room.total, room.used)
    reasons: list[Unfit] = []
    if room.draining:
        reasons.append(Unfit.DRAINING)
    if not room.usable:
        reasons.append(Unfit.UNUSABLE)
    if room.addresses_left < 1:
        reasons.append(Unfit.ADDRESSES)
    if size.cpu_milli > free.cpu_milli:
        reasons.append(Unfit.CPU)
    if size.memory_mib > free.memory_mib:
        reasons.append(Unfit.MEMORY)
    if size.disk_mib > free.disk_mib:
        reasons.append(Unfit.DISK)
    return Verdict(room=room, unfit=tuple(reasons), score=_score(room, size=size))


def choose(rooms: Sequence[HostRoom], *, size: Size) -> Verdict | None:
    """Return the best fitting host: first away from the owner's other machines, then the emptiest, then by name."""
    fitting = [judged for judged in (verdict(room, size=size) for room in rooms) if not judged.unfit]
    if not fitting:
        return None
    return min(fitting, key=lambda judged: (judged.room.neighbours_of_owner, -judged.score, judged.room.name))


def _score(room: HostRoom, *, size: Size) -> int:
    after = _minus(_minus(room.total, room.used), size)
    return min(
        _per_mille(after.cpu_milli, of=room.total.cpu_milli),
        _per_mille(after.memory_mib, of=room.total.memory_mib),
        _per_mille(after.disk_mib, of=room.total.disk_mib),
    )


def _minus(total: Size, part: Size) -> Size:
    return Size(
        cpu_milli=total.cpu_milli - part.cpu_milli,
        memory_mib=total.memory_mib - part.memory_mib,
        disk_mib=total.disk_mib - part.disk_mib,
    )


def _per_mille(part: int, *, of: int) -> int:
    return part * 1000 // of if of > 0 else 0
