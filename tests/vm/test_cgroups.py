"""Both versions of control groups, on folders that stand in for the kernel's."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmhosting.privileged import cgroups
from vmhosting.privileged.cgroups import GroupsV1, GroupsV2, Quota

pytestmark = pytest.mark.xdist_group("sandbox")

QUOTA = Quota(cpu_milli=250, memory_mib=96, processes_max=64)


def filled(folder: Path, **files: str) -> None:
    """The kernel fills a new group with its files; here we do."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content)


def test_version_one_writes_each_limit_into_its_own_tree(tmp_path: Path) -> None:
    roots = {name: tmp_path / name for name in ("cpu", "cpuacct", "memory", "pids")}
    inside = {name: root / "aurum-machines" / "m1" for name, root in roots.items()}
    filled(inside["cpu"], cpu__cfs_period_us="100000", cpu__cfs_quota_us="-1")
    filled(inside["cpuacct"], cpuacct__usage="12345")
    filled(
        inside["memory"],
        memory__limit_in_bytes="9223372036854771712",
        memory__memsw__limit_in_bytes="9223372036854771712",
        memory__usage_in_bytes=str(10 * 1024 * 1024),
        memory__oom_control="oom_kill_disable 0\nunder_oom 0\noom_kill 2",
    )
    filled(inside["pids"], pids__max="max")
    groups = GroupsV1(roots=roots)
    paths = groups.create("m1", quota=QUOTA)
    assert (inside["cpu"] / "cpu.cfs_quota_us").read_text() == "25000"
    assert (inside["memory"] / "memory.limit_in_bytes").read_text() == str(96 * 1024 * 1024)
    assert (inside["memory"] / "memory.memsw.limit_in_bytes").read_text() == str(96 * 1024 * 1024)
    assert (inside["pids"] / "pids.max").read_text() == "64"
    assert groups.quota(paths) == QUOTA
    usage = groups.usage(paths)
    assert (usage.cpu_ns, usage.memory_mib, usage.out_of_memory_kills) == (12345, 10, 2)


def test_version_two_writes_them_into_one(tmp_path: Path) -> None:
    filled(tmp_path, cgroup__subtree_control="")
    filled(tmp_path / "aurum-machines", cgroup__subtree_control="")
    inside = tmp_path / "aurum-machines" / "m1"
    filled(
        inside,
        cpu__max="max 100000",
        memory__max="max",
        pids__max="max",
        memory__swap__max="max",
        cpu__stat="usage_usec 7\nuser_usec 3",
        memory__current=str(5 * 1024 * 1024),
        memory__events="low 0\noom_kill 1",
    )
    groups = GroupsV2(root=tmp_path)
    paths = groups.create("m1", quota=QUOTA)
    assert (inside / "cpu.max").read_text() == "25000 100000"
    assert (inside / "memory.max").read_text() == str(96 * 1024 * 1024)
    assert (inside / "memory.swap.max").read_text() == "0"
    assert (tmp_path / "aurum-machines" / "cgroup.subtree_control").read_text() == "+cpu +memory +pids"
    assert groups.quota(paths) == QUOTA
    usage = groups.usage(paths)
    assert (usage.cpu_ns, usage.memory_mib, usage.out_of_memory_kills) == (7000, 5, 1)


def test_reads_nothing_from_groups_that_are_gone(tmp_path: Path) -> None:
    gone = [tmp_path / "gone"]
    assert GroupsV1(roots={}).quota(gone) is None
    assert GroupsV2(root=tmp_path).quota(gone) is None
    assert cgroups.members(gone) == []
    cgroups.remove(gone)


def test_says_in_words_why_groups_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "_mounts", dict)
    assert cgroups.detect() == (None, "the kernel mounts no control groups")
    monkeypatch.setattr(cgroups, "_mounts", lambda: {"": tmp_path})
    monkeypatch.setattr(cgroups, "_own_groups", lambda: {"": "/"})
    filled(tmp_path, cgroup__controllers="cpuset io")
    groups, reason = cgroups.detect()
    assert (groups, reason) == (None, "the controllers cpu, memory, pids are not delegated to this process")


def test_takes_version_two_where_it_is_delegated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "_mounts", lambda: {"": tmp_path})
    monkeypatch.setattr(cgroups, "_own_groups", lambda: {"": "/"})
    filled(tmp_path, cgroup__controllers="cpu io memory pids", cgroup__subtree_control="")
    groups, reason = cgroups.detect()
    assert isinstance(groups, GroupsV2)
    assert (reason, (tmp_path / "cgroup.subtree_control").read_text()) == ("", "+cpu +memory +pids")
