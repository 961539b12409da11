"""Limits by control groups, versions 1 and 2, always below the group this process already lives in.

Where the kernel or the administrator does not permit it, `detect` says why and the driver falls back to resource
limits, which the pages state: they bound memory per process and cannot share out the CPU.
"""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PARENT: Final = "aurum-machines"
_PERIOD_US: Final = 100_000
_V1_CONTROLLERS: Final = ("cpu", "cpuacct", "memory", "pids")
_V2_CONTROLLERS: Final = ("cpu", "memory", "pids")
_MIB: Final = 1024 * 1024
_REMOVE_TRIES_MAX: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What a group may use."""

    cpu_milli: int
    memory_mib: int
    processes_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a group has used."""

    cpu_ns: int = 0
    memory_mib: int = 0
    out_of_memory_kills: int = 0


class Groups(ABC):
    """One version of control groups; `paths` are the directories of one machine."""

    kind: str

    @abstractmethod
    def create(self, name: str, *, quota: Quota) -> list[Path]:
        """Make the machine's groups with their limits and return them."""

    @abstractmethod
    def apply(self, paths: list[Path], *, quota: Quota) -> None:
        """Change the limits of existing groups, live."""

    @abstractmethod
    def quota(self, paths: list[Path]) -> Quota | None:
        """Read back what the kernel enforces; None when the groups are gone."""

    @abstractmethod
    def usage(self, paths: list[Path]) -> Usage:
        """Read what the machine used so far."""


class GroupsV1(Groups):
    """Version 1: one tree per controller."""

    kind = "cgroup_v1"

    def __init__(self, *, roots: dict[str, Path]) -> None:
        self._roots = roots

    def create(self, name: str, *, quota: Quota) -> list[Path]:
        paths = sorted({root / _PARENT / name for root in self._roots.values()})
        for path in paths:
            path.mkdir(parents=True, exist_ok=True)
        self.apply(paths, quota=quota)
        return paths

    def apply(self, paths: list[Path], *, quota: Quota) -> None:
        _write_first(paths, "cpu.cfs_period_us", str(_PERIOD_US))
        _write_first(paths, "cpu.cfs_quota_us", str(_quota_us(quota)))
        _write_first(paths, "pids.max", str(quota.processes_max))
        _write_memory_v1(paths, limit=quota.memory_mib * _MIB)

    def quota(self, paths: list[Path]) -> Quota | None:
        cpu, memory, pids = (
            _read_first(paths, name) for name in ("cpu.cfs_quota_us", "memory.limit_in_bytes", "pids.max")
        )
        if cpu is None or memory is None:
            return None
        return Quota(
            cpu_milli=int(cpu) * 1000 // _PERIOD_US,
            memory_mib=int(memory) // _MIB,
            processes_max=int(pids) if pids and pids.isdigit() else 0,
        )

    def usage(self, paths: list[Path]) -> Usage:
        return Usage(
            cpu_ns=int(_read_first(paths, "cpuacct.usage") or 0),
            memory_mib=int(_read_first(paths, "memory.usage_in_bytes") or 0) // _MIB,
            out_of_memory_kills=_field(_read_first(paths, "memory.oom_control"), "oom_kill"),
        )


class GroupsV2(Groups):
    """Version 2: one tree; needs the controllers delegated to our own group."""

    kind = "cgroup_v2"

    def __init__(self, *, root: Path) -> None:
        self._root = root

    def create(self, name: str, *, quota: Quota) -> list[Path]:
        parent = self._root / _PARENT
        parent.mkdir(exist_ok=True)
        _delegate_v2(parent)
        path = parent / name
        path.mkdir(exist_ok=True)
        self.apply([path], quota=quota)
        return [path]

    def apply(self, paths: list[Path], *, quota: Quota) -> None:
        _write_first(paths, "cpu.max", f"{_quota_us(quota)} {_PERIOD_US}")
        _write_first(paths, "memory.max", str(quota.memory_mib * _MIB))
        _write_first(paths, "pids.max", str(quota.processes_max))
        if (paths[0] / "memory.swap.max").exists():
            _write_first(paths, "memory.swap.max", "0")

    def quota(self, paths: list[Path]) -> Quota | None:
        cpu, memory, pids = (_read_first(paths, name) for name in ("cpu.max", "memory.max", "pids.max"))
        if cpu is None or memory is None or not memory.isdigit():
            return None
        share = cpu.split()[0]
        return Quota(
            cpu_milli=int(share) * 1000 // _PERIOD_US if share.isdigit() else 0,
            memory_mib=int(memory) // _MIB,
            processes_max=int(pids) if pids and pids.isdigit() else 0,
        )

    def usage(self, paths: list[Path]) -> Usage:
        return Usage(
            cpu_ns=_field(_read_first(paths, "cpu.stat"), "usage_usec") * 1000,
            memory_mib=int(_read_first(paths, "memory.current") or 0) // _MIB,
            out_of_memory_kills=_field(_read_first(paths, "memory.events"), "oom_kill"),
        )


def detect() -> tuple[Groups | None, str]:
    """Return the usable version, or None and the reason in plain words."""
    own, mounts = _own_groups(), _mounts()
    roots: dict[str, Path] = {
        name: _below(mounts[name], own.get(name, "/")) for name in _V1_CONTROLLERS if name in mounts
    }
    if len(roots) == len(_V1_CONTROLLERS):
        problem = _not_writable(list(roots.values()))
        return (GroupsV1(roots=roots), "") if not problem else (None, problem)
    if "" not in mounts:
        return None, "the kernel mounts no control groups"
    return _detect_v2(_below(mounts[""], own.get("", "/")))


def attach(paths: list[Path], *, pid: int) -> None:
    """Put a process into the machine's groups; its children are born there."""
    for path in paths:
        (path / "cgroup.procs").write_text(str(pid), encoding="ascii")


def members(paths: list[Path]) -> list[int]:
    """Return every process in the machine's groups."""
    found: set[int] = set()
    for path in paths:
        try:
            found.update(int(line) for line in (path / "cgroup.procs").read_text(encoding="ascii").split())
        except FileNotFoundError:
            continue
    return sorted(found)


def remove(paths: list[Path]) -> None:
    """Remove the machine's groups; waits a moment for the last process to be gone, absent ones are fine."""
    for path in paths:
        for attempt in range(_REMOVE_TRIES_MAX):
            try:
                path.rmdir()
            except FileNotFoundError:
                break
            except OSError:
                if attempt == _REMOVE_TRIES_MAX - 1:
                    raise
                time.sleep(0.05)
            else:
                break


def _detect_v2(root: Path) -> tuple[Groups | None, str]:
    problem = _not_writable([root])
    if problem:
        return None, problem
    offered = (_read_first([root], "cgroup.controllers") or "").split()
    missing = [name for name in _V2_CONTROLLERS if name not in offered]
    if missing:
        return None, f"the controllers {', '.join(missing)} are not delegated to this process"
    try:
        _delegate_v2(root)
    except OSError as refused:
        return None, f"the controllers cannot be handed on ({refused.strerror}); run the service with Delegate=yes"
    return GroupsV2(root=root), ""


def _delegate_v2(path: Path) -> None:
    wanted = " ".join(f"+{name}" for name in _V2_CONTROLLERS)
    (path / "cgroup.subtree_control").write_text(wanted, encoding="ascii")


def _not_writable(roots: list[Path]) -> str:
    for root in roots:
        if not os.access(root, os.W_OK | os.X_OK):
            return f"this user may not write {root}"
    return ""


def _own_groups() -> dict[str, str]:
    """Return controller → path of this process; version 2 has the empty name."""
    groups: dict[str, str] = {}
    for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        for name in controllers.split(","):
            groups[name] = path
    return groups


def _mounts() -> dict[str, Path]:
    """Return controller → mount point; version 2 has the empty name."""
    found: dict[str, Path] = {}
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        point = Path(before.split()[4])
        if kind == "cgroup2":
            found.setdefault("", point)
        elif kind == "cgroup":
            for option in options.split(","):
                if option in _V1_CONTROLLERS:
                    found.setdefault(option, point)
    return found


def _below(mount: Path, own: str) -> Path:
    path = mount / own.lstrip("/")
    return path if path.is_dir() else mount


def _quota_us(quota: Quota) -> int:
    return max(1_000, quota.cpu_milli * _PERIOD_US // 1000)


def _write_first(paths: list[Path], name: str, value: str) -> None:
    for path in paths:
        if (path / name).exists():
            (path / name).write_text(value, encoding="ascii")
            return


def _write_memory_v1(paths: list[Path], *, limit: int) -> None:
    """Set memory and memory+swap in the order the kernel accepts: the larger one first."""
    names = ["memory.memsw.limit_in_bytes", "memory.limit_in_bytes"]
    current = _read_first(paths, "memory.limit_in_bytes")
    if current is not None and limit < int(current):
        names.reverse()
    for name in names:
        _write_first(paths, name, str(limit))


def _read_first(paths: list[Path], name: str) -> str | None:
    for path in paths:
        try:
            return (path / name).read_text(encoding="ascii").strip()
        except (FileNotFoundError, NotADirectoryError):
            continue
    return None


def _field(text: str | None, name: str) -> int:
    for line in (text or "").splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return 0
