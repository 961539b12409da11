"""One small process per running machine: starts the sandbox, forwards its web door, keeps its console, ends it.

It outlives the reconciler, so that a restart of the portal disturbs no strategy; the next reconciler finds it by
`run/warden.json` and checks pid and start time. It holds the machine's lock, so a second start of the same machine
cannot happen. When it dies, bubblewrap dies with it (`--die-with-parent`) and the machine is gone for sure. Started as
root it drops to the machine's uid as soon as the sandbox runs; everything it needs is imported before that.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import resource
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from vmhosting.drivers.sandbox import command, layout, processes, seccomp, toolbox
from vmhosting.drivers.sandbox.forwarder import Address, Forwarder
from vmhosting.privileged import cgroups, rights

STOP_GRACE_S: Final = 8.0
_TICK_S: Final = 0.5
_CONSOLE_BYTES_MAX: Final = 256 * 1024
_MIB: Final = 1024 * 1024
_FILES_MAX: Final = 256


class Warden:
    """The life of one run of one machine, from lock to exit code."""

    def __init__(self, *, machines: Path, uuid: str, guest: Path) -> None:
        self.files = layout.MachineFiles(machines=machines, uuid=uuid)
        self.spec = layout.read_json(self.files.spec)
        self.guest = guest
        self.uid = rights.machine_uid(int(self.spec["slot"]))
        self.selector = selectors.DefaultSelector()
        self.groups: list[Path] = []
        self.note = ""
        self.stopping_at: float | None = None
        self.console_size = 0
        self.web = b""

    def take_lock(self) -> None:
        """Hold the machine's lock for as long as this process lives."""
        self.lock = os.open(self.files.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def start(self) -> None:
        """Open the door, limit, start the sandbox, drop rights, write down who runs."""
        listener = self._listen()
        self._limit()
        read_end, write_end = os.pipe2(os.O_CLOEXEC)
        self.child = self._spawn(console=write_end)
        os.close(write_end)
        self._open_outside_files()
        rights.become(self.uid)
        rights.hide_memory()
        os.set_blocking(read_end, False)
        self.selector.register(read_end, selectors.EVENT_READ, lambda _mask: self._console(read_end))
        self.forwarder = Forwarder(listener=listener, target=self._target, selector=self.selector)
        self.started_at_ns = time.time_ns()
        self._write_status(exit_code=None)

    def watch(self) -> int:
        """Serve until the sandbox has ended; returns its exit code."""
        signal.signal(signal.SIGTERM, lambda *_: self._begin_stop())
        while self.child.poll() is None:
            for key, mask in self.selector.select(_TICK_S):
                key.data(mask)
            self._tick()
        for key, mask in self.selector.select(0):
            key.data(mask)
        code = self.child.returncode
        self._write_status(exit_code=code)
        return code

    def _tick(self) -> None:
        if not self.files.lock.exists():
            # The folder was removed under us (a reset): nothing may outlive its own description.
            self.child.kill()
        self.forwarder.sweep(now_s=time.monotonic())
        if self.stopping_at is not None and time.monotonic() > self.stopping_at:
            self.child.kill()

    def _begin_stop(self) -> None:
        """End of the agent's input means: finish, cancel your orders, go. After the grace it is killed."""
        if self.stopping_at is not None:
            return
        self.stopping_at = time.monotonic() + STOP_GRACE_S
        if self.child.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.child.stdin.close()

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        # A relative name: a unix socket path holds 107 bytes and the folder's own path may be longer.
        os.chdir(self.files.door)
        with contextlib.suppress(FileNotFoundError):
            os.unlink("web.sock")
        listener.bind("web.sock")
        os.chmod("web.sock", 0o600)
        rights.give_to(Path("web.sock"), uid=self.uid)
        listener.listen(16)
        os.chdir("/")
        return listener

    def _limit(self) -> None:
        groups, reason = cgroups.detect()
        if groups is None:
            self.note = reason
            self.limits = "rlimit"
            return
        quota = cgroups.Quota(
            cpu_milli=int(self.spec["cpu_milli"]),
            memory_mib=int(self.spec["memory_mib"]),
            processes_max=int(self.spec["processes_max"]),
        )
        self.groups = groups.create(self.files.root.name, quota=quota)
        self.limits = groups.kind

    def _spawn(self, *, console: int) -> subprocess.Popen[bytes]:
        filter_fd = _filter_fd()
        arguments = command.sandbox_command(
            tool=toolbox.bubblewrap(),
            python=toolbox.interpreter(),
            mounts=command.Mounts(guest=self.guest, identity=self.files.identity, door=self.files.door),
            hostname=str(self.spec["name"]),
            disk_mib=int(self.spec["disk_mib"]),
            program=[f"{command.INSIDE_GUEST}/guest/boot.py"],
            seccomp_fd=filter_fd,
        )
        child = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=console,
            stderr=console,
            env={},
            cwd="/",
            pass_fds=[] if filter_fd is None else [filter_fd],
            preexec_fn=self._prepare_child,  # noqa: PLW1509  (this process has one thread)
        )
        if filter_fd is not None:
            os.close(filter_fd)
        return child

    def _prepare_child(self) -> None:
        """Between fork and exec: into the groups, under the limits, away from root."""
        if self.groups:
            cgroups.attach(self.groups, pid=os.getpid())
        else:
            memory = int(self.spec["memory_mib"]) * _MIB
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
            os.nice(10)
        largest = int(self.spec["disk_mib"]) * _MIB
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
        resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES_MAX, _FILES_MAX))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        rights.become(self.uid)

    def _open_outside_files(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self.console_fd = os.open(self.files.console, flags, 0o600)
        rights.give_to(self.files.console, uid=self.uid)
        self.console_size = os.fstat(self.console_fd).st_size

    def _console(self, pipe: int) -> None:
        try:
            data = os.read(pipe, 65536)
        except BlockingIOError:
            return
        if not data:
            self.selector.unregister(pipe)
            os.close(pipe)
            return
        if self.console_size + len(data) > _CONSOLE_BYTES_MAX:
            os.ftruncate(self.console_fd, 0)
            self.console_size = 0
        with contextlib.suppress(OSError):  # a full disk must not end the machine
            self.console_size += os.write(self.console_fd, data)

    def _target(self) -> Address | None:
        """Read the web door's address anew at each connection: the portal may have come back on another port."""
        try:
            host, _, port = self.files.web.read_text(encoding="ascii").strip().rpartition(":")
            return (host, int(port))
        except (OSError, ValueError):
            return None

    def _write_status(self, *, exit_code: int | None) -> None:
        status: dict[str, Any] = {
            "pid": os.getpid(),
            "pid_started": processes.start_time(os.getpid()),
            "sandbox_pid": self.child.pid,
            "started_at_ns": self.started_at_ns,
            "generation": self.spec["generation"],
            "cpu_milli": self.spec["cpu_milli"],
            "memory_mib": self.spec["memory_mib"],
            "disk_mib": self.spec["disk_mib"],
            "limits": self.limits,
            "limits_note": self.note,
            "groups": [str(path) for path in self.groups],
            "exit_code": exit_code,
            "asked_to_stop": self.stopping_at is not None,
        }
        temporary = self.files.status.with_suffix(".new")
        with contextlib.suppress(FileNotFoundError):
            temporary.write_text(json.dumps(status), encoding="utf-8")
            temporary.replace(self.files.status)


def _filter_fd() -> int | None:
    program = seccomp.program()
    if program is None:
        return None
    handle = os.memfd_create("seccomp", 0)
    os.write(handle, program)
    os.lseek(handle, 0, os.SEEK_SET)
    return handle


def main(arguments: list[str]) -> int:
    """Start in the background and tell the caller through a pipe whether the sandbox runs."""
    machines, uuid, guest, ready = arguments
    ready_fd = int(ready)
    if os.fork():
        return 0
    os.setsid()
    warden = Warden(machines=Path(machines), uuid=uuid, guest=Path(guest))
    try:
        warden.take_lock()
        warden.start()
    except BaseException as problem:  # the caller must always get an answer
        running = isinstance(problem, OSError) and problem.errno in (errno.EAGAIN, errno.EACCES)
        os.write(ready_fd, b"already" if running else f"failed {problem}".encode())
        os._exit(1)
    os.write(ready_fd, b"ready")
    os.close(ready_fd)
    code = warden.watch()
    os._exit(0 if code == 0 else 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
