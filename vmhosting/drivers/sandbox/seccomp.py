"""A deny list of system calls as classic BPF, written by hand so that no library is needed.

Unknown architectures get no filter; the pages then say that only namespaces isolate. Order of the program: check the
architecture, refuse the calls of the list with EPERM, `clone3` with ENOSYS (the C library then falls back to `clone`,
whose flags can be read), `clone` into new namespaces, and sockets of other families than unix and IP: a vsock is
not bound by a network namespace and would reach the hypervisor.
"""

from __future__ import annotations

import errno
import platform
import struct
from typing import Final

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_JUMP_GREATER_EQUAL: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_JUMP_ANY_BIT: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K
_ALLOW: Final = 0x7FFF0000
_ERRNO: Final = 0x00050000
_KILL: Final = 0x80000000
_AT_NUMBER, _AT_ARCHITECTURE, _AT_FIRST_ARGUMENT = 0, 4, 16
_X32_BIT: Final = 0x40000000
_FAMILIES: Final = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6

_AUDIT_ARCHITECTURE: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_DENIED: Final[dict[str, dict[str, int]]] = {
    "x86_64": {
        "ptrace": 101, "syslog": 103, "personality": 135, "pivot_root": 155, "chroot": 161, "acct": 163,
        "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169,
        "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173, "init_module": 175,
        "delete_module": 176, "quotactl": 179, "kexec_load": 246, "add_key": 248, "request_key": 249,
        "keyctl": 250, "unshare": 272, "perf_event_open": 298, "name_to_handle_at": 303,
        "open_by_handle_at": 304, "clock_adjtime": 305, "setns": 308, "process_vm_readv": 310,
        "process_vm_writev": 311, "kcmp": 312, "finit_module": 313, "kexec_file_load": 320, "bpf": 321,
        "userfaultfd": 323, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
        "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
        "pidfd_getfd": 438, "mount_setattr": 442,
    },
    "aarch64": {
        "name_to_handle_at": 264, "open_by_handle_at": 265, "clock_adjtime": 266, "setns": 268,
        "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "finit_module": 273, "bpf": 280,
        "userfaultfd": 282, "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "quotactl": 60,
        "personality": 92, "acct": 89, "unshare": 97, "kexec_load": 104, "init_module": 105, "delete_module": 106,
        "syslog": 116, "ptrace": 117, "reboot": 142, "sethostname": 161, "setdomainname": 162,
        "settimeofday": 170, "add_key": 217, "request_key": 218, "keyctl": 219, "swapon": 224, "swapoff": 225,
        "perf_event_open": 241, "kexec_file_load": 294, "io_uring_setup": 425, "io_uring_enter": 426,
        "io_uring_register": 427, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431,
        "fsmount": 432, "fspick": 433, "pidfd_getfd": 438, "mount_setattr": 442,
    },
}  # fmt: skip
_CLONE3: Final = 435
_CLONE: Final = {"x86_64": 56, "aarch64": 220}
_NEW_NAMESPACES: Final = 0x7E020000  # every CLONE_NEW… flag that clone itself can carry
_SOCKET: Final = {"x86_64": 41, "aarch64": 198}
_SOCKETPAIR: Final = {"x86_64": 53, "aarch64": 199}


def program(machine: str | None = None) -> bytes | None:
    """Return the filter for this architecture, or None where the numbers are not known."""
    name = machine or platform.machine()
    if name not in _DENIED:
        return None
    steps = [
        _step(_LOAD, _AT_ARCHITECTURE),
        _step(_JUMP_EQUAL, _AUDIT_ARCHITECTURE[name], then=1),
        _step(_RETURN, _KILL),
        _step(_LOAD, _AT_NUMBER),
    ]
    if name == "x86_64":
        steps += [_step(_JUMP_GREATER_EQUAL, _X32_BIT, otherwise=1), _step(_RETURN, _ERRNO | errno.ENOSYS)]
    for number in sorted(_DENIED[name].values()):
        steps += [_step(_JUMP_EQUAL, number, otherwise=1), _step(_RETURN, _ERRNO | errno.EPERM)]
    steps += [_step(_JUMP_EQUAL, _CLONE3, otherwise=1), _step(_RETURN, _ERRNO | errno.ENOSYS)]
    steps += _clone_steps(name)
    steps += _socket_steps(name)
    steps.append(_step(_RETURN, _ALLOW))
    return b"".join(steps)


def denied_calls(machine: str | None = None) -> frozenset[str]:
    """Return the names the filter refuses, for the page and the tests."""
    return frozenset(_DENIED.get(machine or platform.machine(), {}))


def _clone_steps(name: str) -> list[bytes]:
    """Refuse `clone` into new namespaces with EPERM; threads and ordinary children pass."""
    return [
        _step(_JUMP_EQUAL, _CLONE[name], otherwise=4),
        _step(_LOAD, _AT_FIRST_ARGUMENT),
        _step(_JUMP_ANY_BIT, _NEW_NAMESPACES, otherwise=1),
        _step(_RETURN, _ERRNO | errno.EPERM),
        _step(_RETURN, _ALLOW),
    ]


def _socket_steps(name: str) -> list[bytes]:
    """Refuse `socket` and `socketpair` of a family outside the list with EAFNOSUPPORT."""
    families = [_step(_JUMP_EQUAL, family, then=len(_FAMILIES) - index) for index, family in enumerate(_FAMILIES)]
    check = [_step(_LOAD, _AT_FIRST_ARGUMENT), *families, _step(_RETURN, _ERRNO | errno.EAFNOSUPPORT)]
    return [
        _step(_JUMP_EQUAL, _SOCKET[name], then=1),
        _step(_JUMP_EQUAL, _SOCKETPAIR[name], otherwise=len(check)),
        *check,
    ]


def _step(code: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)
