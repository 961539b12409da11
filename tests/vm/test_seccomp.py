"""The filter as a program: every path through it, walked by a small interpreter of classic BPF."""

from __future__ import annotations

import errno
import struct

import pytest

from vmhosting.drivers.sandbox.seccomp import _AUDIT_ARCHITECTURE, _DENIED, denied_calls, program

ALLOW, KILL = 0x7FFF0000, 0x80000000
UNIX, INET, INET6, NETLINK, PACKET, VSOCK = 1, 2, 10, 16, 17, 40


def verdict(machine: str, number: int, *, argument: int = 0, architecture: int | None = None) -> int:
    """Run the filter over one system call and return what it answers."""
    code = program(machine)
    assert code is not None
    steps = [struct.unpack_from("=HBBI", code, offset) for offset in range(0, len(code), 8)]
    data = struct.pack("=IIQQ", number, architecture or _AUDIT_ARCHITECTURE[machine], 0, argument)
    at, held = 0, 0
    for _ in range(len(steps)):
        operation, then, otherwise, value = steps[at]
        if operation == 0x06:
            return value
        if operation == 0x20:
            (held,) = struct.unpack_from("=I", data, value)
            at += 1
        else:
            hit = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[operation]
            at += 1 + (then if hit else otherwise)
    raise AssertionError("the filter did not answer")


def refused(code: int) -> int:
    return 0x00050000 | code


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_refuses_every_call_of_its_list_and_no_other(machine: str) -> None:
    denied = set(_DENIED[machine].values())
    sockets = {"x86_64": {41, 53}, "aarch64": {198, 199}}[machine]
    for number in range(462):
        if number in denied:
            assert verdict(machine, number) == refused(errno.EPERM), number
        elif number == 435:
            assert verdict(machine, number) == refused(errno.ENOSYS)
        elif number not in sockets:
            assert verdict(machine, number) == ALLOW, number


@pytest.mark.parametrize(("machine", "number"), [("x86_64", 41), ("x86_64", 53), ("aarch64", 198), ("aarch64", 199)])
def test_lets_sockets_of_three_families_through(machine: str, number: int) -> None:
    for family in (UNIX, INET, INET6):
        assert verdict(machine, number, argument=family) == ALLOW
    for family in (0, NETLINK, PACKET, VSOCK, 3):
        assert verdict(machine, number, argument=family) == refused(errno.EAFNOSUPPORT)


@pytest.mark.parametrize(("machine", "clone"), [("x86_64", 56), ("aarch64", 220)])
def test_lets_children_and_threads_through_but_no_namespace(machine: str, clone: int) -> None:
    for flags in (0x11, 0x3D0F00):
        assert verdict(machine, clone, argument=flags) == ALLOW
    for flags in (0x10000000, 0x20000, 0x40000000, 0x2000000):
        assert verdict(machine, clone, argument=flags | 0x11) == refused(errno.EPERM)


def test_ends_a_program_of_another_architecture() -> None:
    assert verdict("x86_64", 0, architecture=_AUDIT_ARCHITECTURE["aarch64"]) == KILL


def test_knows_no_way_round_by_the_x32_numbers() -> None:
    assert verdict("x86_64", 0x40000000 | 101) == refused(errno.ENOSYS)


def test_says_that_it_has_no_filter_for_a_strange_architecture() -> None:
    assert program("riscv64") is None
    assert denied_calls("riscv64") == frozenset()
    assert {"mount", "ptrace", "bpf", "io_uring_setup"} <= denied_calls("x86_64")
