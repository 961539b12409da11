"""The bubblewrap command line of one machine: everything unshared, nothing of the host but a read-only system."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vmhosting.drivers.sandbox.toolbox import Bubblewrap, Interpreter

GUEST_FOLDER: Final = Path(__file__).resolve().parents[2] / "guest"
INSIDE_GUEST: Final = "/opt/aurum"
INSIDE_DOOR: Final = "/run/aurum/door"
INSIDE_IDENTITY: Final = "/run/aurum/identity"
INSIDE_HOME: Final = "/home/strategy"
INSIDE_UID: Final = 65534
_MIB: Final = 1024 * 1024
_TMP_MIB: Final = 16
_MERGED: Final = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_FROM_ETC: Final = ("/etc/ld.so.cache", "/etc/localtime")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounts:
    """The folders of the host a machine sees, besides the system."""

    guest: Path
    identity: Path
    door: Path


def sandbox_command(
    *,
    tool: Bubblewrap,
    python: Interpreter,
    mounts: Mounts,
    hostname: str,
    disk_mib: int,
    program: list[str],
    seccomp_fd: int | None = None,
) -> list[str]:
    """Return the whole argument list; `program` runs under the chosen Python, isolated from any site packages."""
    command = [str(tool.path), *_isolation(tool), "--hostname", hostname]
    command += [*_system(), *_interpreter(python)]
    command += ["--proc", "/proc", "--dev", "/dev"]
    command += _tmpfs("/tmp", size_mib=_TMP_MIB)  # noqa: S108  (a path inside the sandbox)
    command += _tmpfs(INSIDE_HOME, size_mib=disk_mib)
    command += ["--ro-bind", str(mounts.guest), f"{INSIDE_GUEST}/guest"]
    command += ["--ro-bind", str(mounts.identity), INSIDE_IDENTITY]
    command += ["--ro-bind", str(mounts.door), INSIDE_DOOR]
    # bwrap makes mount points in its own tmpfs root; nothing there may be written afterwards.
    command += ["--remount-ro", "/", "--chdir", INSIDE_HOME, "--clearenv", *_environment(), *_library_path(python)]
    if seccomp_fd is not None:
        command += ["--seccomp", str(seccomp_fd)]
    return [*command, "--", str(python.path), "-I", "-S", "-B", *program]


def _isolation(tool: Bubblewrap) -> list[str]:
    flags = ["--unshare-user", "--unshare-all", "--uid", str(INSIDE_UID), "--gid", str(INSIDE_UID)]
    if tool.disables_user_namespaces:
        flags.append("--disable-userns")
    return [*flags, "--cap-drop", "ALL", "--new-session", "--die-with-parent"]


def _system() -> list[str]:
    """Mount /usr read-only and repeat the links into it; distributions without merged /usr get their folders."""
    arguments = ["--ro-bind", "/usr", "/usr"]
    for name in _MERGED:
        path = Path("/") / name
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            arguments += ["--ro-bind", str(path), str(path)]
    for name in _FROM_ETC:
        arguments += ["--ro-bind-try", name, name]
    return arguments


def _interpreter(python: Interpreter) -> list[str]:
    return [] if python.prefix is None else ["--ro-bind", str(python.prefix), str(python.prefix)]


def _library_path(python: Interpreter) -> list[str]:
    """A Python from elsewhere must load its own library, not the one of the system's Python."""
    return [] if python.prefix is None else ["--setenv", "LD_LIBRARY_PATH", str(python.prefix / "lib")]


def _tmpfs(path: str, *, size_mib: int) -> list[str]:
    return ["--perms", "0700", "--size", str(size_mib * _MIB), "--tmpfs", path]


def _environment() -> list[str]:
    values = {
        "PATH": "/usr/bin:/bin",
        "HOME": INSIDE_HOME,
        "LANG": "C.UTF-8",
        "TZ": "Asia/Shanghai",
        "AURUM_DOOR": f"{INSIDE_DOOR}/web.sock",
        "AURUM_IDENTITY": INSIDE_IDENTITY,
    }
    return [part for name, value in values.items() for part in ("--setenv", name, value)]
