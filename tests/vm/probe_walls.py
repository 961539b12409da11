"""A strategy that tries to get out. It runs inside a machine; the test reads what it reports in its log lines."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .base import Strategy as BaseStrategy


class Strategy(BaseStrategy):
    """Tries every wall once and logs one line each: `wall <name> <what happened>`."""

    def on_start(self) -> None:
        targets: dict[str, Any] = self.context.parameters
        for name, attempt in self._attempts(targets).items():
            self.context.log(f"wall {name} {_outcome(attempt)}")
        self.context.log(f"facts {json.dumps(_facts())}")
        self.context.log("walls done")

    def _attempts(self, targets: dict[str, Any]) -> dict[str, Callable[[], Any]]:
        return {
            "web_door": lambda: _unix(os.environ["AURUM_DOOR"]),
            "core_socket": lambda: _unix(targets["core_socket"]),
            "core_socket_abstract": lambda: _unix("\0" + targets["abstract"]),
            "other_machine_door": lambda: _unix(targets["other_door"]),
            "other_machine_key": lambda: Path(targets["other_key"]).read_text(),
            "database_socket": lambda: _unix(targets["database_socket"]),
            "database_tcp": lambda: _tcp("127.0.0.1", targets["database_port"]),
            "web_tcp": lambda: _tcp("127.0.0.1", targets["web_port"]),
            "outside": lambda: _tcp("192.0.2.1", 443),
            "outside_v6": lambda: _tcp("2001:db8::1", 443),
            "host_vsock": lambda: socket.socket(40, socket.SOCK_STREAM),
            "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
            "raw_ip": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
            "host_root": lambda: os.listdir("/root"),
            "host_users": lambda: Path("/etc/passwd").read_text(),
            "portal_folder": lambda: os.listdir(targets["repository"]),
            "state_folder": lambda: os.listdir(targets["state_folder"]),
            "write_system": lambda: Path("/usr/x").write_text("x"),
            "write_root": lambda: Path("/x").write_text("x"),
            "write_guest": lambda: Path("/opt/aurum/guest/x").write_text("x"),
            "write_identity": lambda: Path("/run/aurum/identity/x").write_text("x"),
            "replace_door": lambda: os.unlink(os.environ["AURUM_DOOR"]),
            "mount": lambda: _syscall("mount", b"none", b"/tmp", b"tmpfs", 0, None),
            "new_namespace": lambda: _syscall("unshare", 0x10000000),
            "trace": lambda: _syscall("ptrace", 0, 0, 0, 0),
            "keys": lambda: _syscall("syscall", 250, 0, 0, 0, 0),
            "become_root": lambda: os.setuid(0),
            "fill_disk": _fill_disk,
            "write_home": lambda: Path("note").write_text("kept"),
        }


def _outcome(attempt: Callable[[], Any]) -> str:
    try:
        attempt()
    except OSError as problem:
        return errno.errorcode.get(problem.errno or 0, str(problem))
    return "open"


def _unix(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(path)


def _tcp(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(3)
        probe.connect((host, port))


def _syscall(name: str, *arguments: Any) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


def _fill_disk() -> None:
    """The home is a file system of its own with the machine's disk size; one byte more does not fit."""
    try:
        for number in range(64):
            with open(f"filler-{number}", "wb") as stream:
                stream.write(b"x" * 1024 * 1024)
    finally:
        for number in range(64):
            Path(f"filler-{number}").unlink(missing_ok=True)


def _facts() -> dict[str, Any]:
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    return {
        "uid": os.getuid(),
        "capabilities": status["CapEff"] + status["CapPrm"] + status["CapBnd"],
        "no_new_privileges": status["NoNewPrivs"],
        "seccomp": status["Seccomp"],
        "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit())[-1] < 50,
        "sees_sys": os.path.exists("/sys"),
        "environment": sorted(os.environ),
        "open_files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        "process_limit": resource.getrlimit(resource.RLIMIT_NPROC)[0],
    }
