"""The sandbox driver: machines as bubblewrap processes on this host, under the contract of `drivers.base`."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from portal.lib.paths import REPOSITORY
from vmhosting.drivers.base import (
    Capabilities,
    DriverFailed,
    HostInventory,
    Identity,
    MachineDriver,
    MachineSpec,
    Observation,
    Resized,
    WebDoor,
)
from vmhosting.drivers.sandbox import image, layout, processes, toolbox
from vmhosting.drivers.sandbox.probe import probe
from vmhosting.drivers.sandbox.warden import STOP_GRACE_S
from vmhosting.privileged import cgroups, rights
from vmhosting.states import Power

_START_TIMEOUT_S: Final = 15.0
_MIB: Final = 1024 * 1024
_CONSOLE_READ_BYTES: Final = 64 * 1024


class SandboxDriver(MachineDriver):
    """Everything about a machine lies in its folder; this class keeps no state of its own."""

    kind = "sandbox"

    def __init__(self, *, machines: Path | None = None, image_folder: Path | None = None) -> None:
        self._machines = machines or toolbox.machines_root()
        self._image_folder = image_folder

    def capabilities(self) -> Capabilities:
        return probe()

    def inventory(self) -> HostInventory:
        self._machines.mkdir(parents=True, exist_ok=True)
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // _MIB
        return HostInventory(
            cpu_milli=len(os.sched_getaffinity(0)) * 1000,
            memory_mib=memory,
            disk_mib=shutil.disk_usage(self._machines).free // _MIB,
        )

    def ensure(self, spec: MachineSpec) -> None:
        files = self._files(spec.uuid)
        try:
            self._image()
            self._make_folders(files, slot=spec.slot)
            facts = {
                "uuid": spec.uuid,
                "name": spec.name,
                "account": spec.account_id,
                "strategy": spec.strategy,
                "parameters": dict(spec.parameters),
                "processes_max": spec.processes_max,
                "web_name": spec.web_name,
            }
            layout.write_json(files.facts, facts)
            rights.give_to(files.facts, uid=rights.machine_uid(spec.slot))
            layout.write_json(files.spec, _plain(spec))
        except OSError as problem:
            raise DriverFailed("the machine's folder cannot be written", cause=str(problem)) from problem

    def put_identity(self, uuid: str, *, identity: Identity) -> None:
        files = self._known(uuid)
        layout.write_json(files.key, {"key": identity.key, "secret": identity.secret})
        rights.give_to(files.key, uid=self._uid(files))

    def has_identity(self, uuid: str, *, key: str) -> bool:
        return layout.read_json(self._files(uuid).key).get("key") == key

    def set_power(self, uuid: str, *, power: Power, door: WebDoor) -> None:
        if power is Power.STOPPED:
            self._stop(self._files(uuid))
            return
        files = self._known(uuid)
        self._point(files, door=door)
        if not self._running(layout.read_json(files.status)):
            self._start(files)

    def resize(self, spec: MachineSpec) -> Resized:
        files = self._known(spec.uuid)
        status = layout.read_json(files.status)
        running = self._running(status)
        before = self.observe(spec.uuid)
        self.ensure(spec)
        same = (before.cpu_milli, before.memory_mib, before.disk_mib) == _size(spec)
        if not running or same:
            return Resized.UNCHANGED
        groups, _ = cgroups.detect()
        paths = [Path(path) for path in status.get("groups", ())]
        if groups is None or not paths or before.disk_mib != spec.disk_mib:
            return Resized.NEEDS_RESTART
        quota = cgroups.Quota(cpu_milli=spec.cpu_milli, memory_mib=spec.memory_mib, processes_max=spec.processes_max)
        try:
            groups.apply(paths, quota=quota)
        except OSError as problem:
            raise DriverFailed("the host refused the new size", cause=str(problem), retryable=True) from problem
        layout.write_json(files.applied, {"generation": spec.generation, "pid_started": status["pid_started"]})
        return Resized.LIVE

    def destroy(self, uuid: str) -> None:
        files = self._files(uuid)
        if files.root.exists():
            self._stop(files)
            files.remove()

    def observe(self, uuid: str) -> Observation:
        files = self._files(uuid)
        if not files.exists():
            return Observation(uuid=uuid, power=Power.ABSENT)
        status = layout.read_json(files.status)
        if self._running(status):
            return self._observe_running(uuid, files=files, status=status)
        code = status.get("exit_code")
        if not status or status.get("asked_to_stop") or layout.read_json(files.applied).get("stopped"):
            return Observation(uuid=uuid, power=Power.STOPPED, exit_code=code)
        # The warden did not write how it ended: it was killed, and the sandbox with it.
        detail = "ended on its own" if code is not None else "was killed from outside"
        return Observation(uuid=uuid, power=Power.CRASHED, exit_code=code, detail=detail)

    def observe_all(self) -> dict[str, Observation]:
        return {uuid: self.observe(uuid) for uuid in layout.uuids(self._machines)}

    def adopt(self, uuid: str, *, door: WebDoor) -> None:
        self._point(self._known(uuid), door=door)

    def console_tail(self, uuid: str, *, lines_max: int) -> list[str]:
        try:
            with self._files(uuid).console.open("rb") as stream:
                stream.seek(0, os.SEEK_END)
                stream.seek(max(0, stream.tell() - _CONSOLE_READ_BYTES))
                return stream.read().decode("utf-8", errors="replace").splitlines()[-lines_max:]
        except FileNotFoundError:
            return []

    def _files(self, uuid: str) -> layout.MachineFiles:
        return layout.MachineFiles(machines=self._machines, uuid=uuid)

    def _image(self) -> Path:
        return self._image_folder or image.ensure_image()

    def _known(self, uuid: str) -> layout.MachineFiles:
        files = self._files(uuid)
        if not files.exists():
            raise DriverFailed("no such machine on this host", cause=uuid)
        return files

    def _uid(self, files: layout.MachineFiles) -> int:
        return rights.machine_uid(int(layout.read_json(files.spec)["slot"]))

    def _make_folders(self, files: layout.MachineFiles, *, slot: int) -> None:
        self._machines.mkdir(parents=True, exist_ok=True)
        if rights.is_root():
            self._machines.chmod(0o711)
        files.root.mkdir(exist_ok=True)
        files.root.chmod(0o711)
        for folder in (files.identity, files.door, files.run):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o700)
            rights.give_to(folder, uid=rights.machine_uid(slot))

    def _point(self, files: layout.MachineFiles, *, door: WebDoor) -> None:
        wanted = f"{door.host}:{door.port}\n"
        try:
            if files.web.read_text(encoding="ascii") == wanted:
                return
        except FileNotFoundError:
            pass
        making = files.web.with_suffix(".new")
        making.write_text(wanted, encoding="ascii")
        making.chmod(0o644)
        making.replace(files.web)

    def _running(self, status: dict[str, Any]) -> bool:
        if not status or status.get("exit_code") is not None:
            return False
        return processes.alive(pid=int(status["pid"]), started=int(status["pid_started"]))

    def _start(self, files: layout.MachineFiles) -> None:
        files.applied.unlink(missing_ok=True)
        read_end, write_end = os.pipe()
        try:
            arguments = [str(self._machines), files.root.name, str(self._image()), str(write_end)]
            subprocess.run(
                [sys.executable, "-m", "vmhosting.drivers.sandbox.warden", *arguments],
                cwd=REPOSITORY,
                env=_warden_environment(),
                pass_fds=[write_end],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_START_TIMEOUT_S,
                check=True,
            )
            os.close(write_end)
            write_end = -1
            answer = _answer(read_end)
        except (OSError, subprocess.SubprocessError) as problem:
            raise DriverFailed("the machine did not start", cause=str(problem), retryable=True) from problem
        finally:
            os.close(read_end)
            if write_end >= 0:
                os.close(write_end)
        if answer not in ("ready", "already"):
            raise DriverFailed("the machine did not start", cause=answer or "no answer", retryable=True)

    def _stop(self, files: layout.MachineFiles) -> None:
        status = layout.read_json(files.status)
        groups = [Path(path) for path in status.get("groups", ())]
        if self._running(status):
            processes.terminate(pid=int(status["pid"]), started=int(status["pid_started"]), grace_s=STOP_GRACE_S + 2)
            if self._running(layout.read_json(files.status)):
                raise DriverFailed("the machine did not stop", retryable=True)
        for pid in cgroups.members(groups):
            processes.terminate(pid=pid, started=processes.start_time(pid), grace_s=0)
        try:
            cgroups.remove(groups)
        except OSError as problem:
            raise DriverFailed("the machine's control group is busy", cause=str(problem), retryable=True) from None
        if files.exists():
            layout.write_json(files.applied, {"stopped": True})

    def _observe_running(self, uuid: str, *, files: layout.MachineFiles, status: dict[str, Any]) -> Observation:
        generation, cpu, memory = int(status["generation"]), int(status["cpu_milli"]), int(status["memory_mib"])
        groups, _ = cgroups.detect()
        paths = [Path(path) for path in status.get("groups", ())]
        if groups is not None and paths:
            quota, usage = groups.quota(paths), groups.usage(paths)
            cpu_ns, used_mib = usage.cpu_ns, usage.memory_mib
            if quota is not None:
                cpu, memory = quota.cpu_milli, quota.memory_mib
        else:
            cpu_ns, resident = processes.family_usage(int(status["sandbox_pid"]))
            used_mib = resident // _MIB
        applied = layout.read_json(files.applied)
        if applied.get("pid_started") == status["pid_started"]:
            generation = int(applied["generation"])
        return Observation(
            uuid=uuid,
            power=Power.RUNNING,
            generation=generation,
            cpu_milli=cpu,
            memory_mib=memory,
            disk_mib=int(status["disk_mib"]),
            cpu_used_ns=cpu_ns,
            memory_used_mib=used_mib,
            started_at_ns=int(status["started_at_ns"]),
        )


def _plain(spec: MachineSpec) -> dict[str, Any]:
    content = asdict(spec)
    content["parameters"] = dict(spec.parameters)
    return content


def _size(spec: MachineSpec) -> tuple[int, int, int]:
    return spec.cpu_milli, spec.memory_mib, spec.disk_mib


def _warden_environment() -> dict[str, str]:
    """Nothing of ours is inherited: no DSN, no key, only where to find Python, the tools and the state folder."""
    passed = {name: os.environ[name] for name in ("PATH", "AURUM_VAR", "LANG") if name in os.environ}
    return {**passed, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}


def _answer(pipe: int) -> str:
    ready, _, _ = select.select([pipe], [], [], _START_TIMEOUT_S)
    return os.read(pipe, 2000).decode("utf-8", errors="replace") if ready else ""
