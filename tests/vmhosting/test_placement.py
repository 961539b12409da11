"""Placement: filter, weigh, and say why not."""

from __future__ import annotations

from dataclasses import replace

from vmhosting.placement import HostRoom, Size, Unfit, choose, verdict

TOTAL = Size(cpu_milli=8000, memory_mib=8192, disk_mib=10_000)
NOTHING = Size(cpu_milli=0, memory_mib=0, disk_mib=0)
WANTED = Size(cpu_milli=1000, memory_mib=1024, disk_mib=1000)


def room(name: str, *, used: Size = NOTHING, **changes: object) -> HostRoom:
    base = HostRoom(host_id=int(name[-1]), name=name, total=TOTAL, used=used, addresses_left=10)
    return replace(base, **changes)  # type: ignore[arg-type]


def test_takes_the_emptiest_host() -> None:
    busy = room("host-1", used=Size(cpu_milli=4000, memory_mib=1024, disk_mib=0))
    chosen = choose([busy, room("host-2")], size=WANTED)
    assert chosen is not None
    assert chosen.room.name == "host-2"


def test_scores_by_the_scarcest_resource_after_placing() -> None:
    judged = verdict(room("host-1", used=Size(cpu_milli=0, memory_mib=6144, disk_mib=0)), size=WANTED)
    assert judged.score == 125


def test_keeps_machines_of_one_owner_apart_before_it_looks_at_room() -> None:
    home = room("host-1", neighbours_of_owner=1)
    fuller = room("host-2", used=Size(cpu_milli=6000, memory_mib=6000, disk_mib=0))
    chosen = choose([home, fuller], size=WANTED)
    assert chosen is not None
    assert chosen.room.name == "host-2"


def test_breaks_a_tie_by_name() -> None:
    chosen = choose([room("host-2"), room("host-1")], size=WANTED)
    assert chosen is not None
    assert chosen.room.name == "host-1"


def test_fills_a_host_to_the_last_mebibyte_and_not_beyond() -> None:
    used = Size(cpu_milli=7000, memory_mib=7168, disk_mib=9000)
    assert verdict(room("host-1", used=used), size=WANTED).unfit == ()
    over = replace(WANTED, memory_mib=1025)
    assert verdict(room("host-1", used=used), size=over).unfit == (Unfit.MEMORY,)


def test_names_every_reason_against_a_host() -> None:
    full = room("host-1", used=TOTAL, draining=True, usable=False, addresses_left=0)
    assert verdict(full, size=WANTED).unfit == (
        Unfit.DRAINING,
        Unfit.UNUSABLE,
        Unfit.ADDRESSES,
        Unfit.CPU,
        Unfit.MEMORY,
        Unfit.DISK,
    )
    assert choose([full], size=WANTED) is None


def test_has_no_answer_without_hosts() -> None:
    assert choose([], size=WANTED) is None
