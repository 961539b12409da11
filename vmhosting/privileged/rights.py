"""Giving up root for good: which uid a machine runs under, and how a process becomes it."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Final

# Above the uids that distributions give to people and services, below 65,536 so that it also exists where only
# the first 65,536 are mapped, and away from `nobody`, which the embedded database uses.
_UID_FIRST: Final = 62_000
_UID_COUNT: Final = 2_000
_PR_SET_DUMPABLE: Final = 4


def is_root() -> bool:
    """Say whether this process has root's rights to give up."""
    return os.geteuid() == 0


def machine_uid(slot: int) -> int:
    """Return the uid of the machine in this slot: its own when we are root, ours when we are not."""
    if not is_root():
        return os.geteuid()
    if not 0 <= slot < _UID_COUNT:
        raise ValueError(f"slot {slot} is outside 0..{_UID_COUNT - 1}")
    return _UID_FIRST + slot


def give_to(path: Path, *, uid: int) -> None:
    """Make a path belong to a machine's uid; nothing to do for an ordinary user."""
    if is_root():
        os.chown(path, uid, uid, follow_symlinks=False)


def become(uid: int) -> None:
    """Drop to this uid and its group for good, without supplementary groups; nothing to do for an ordinary user."""
    if not is_root():
        return
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if os.getresuid() != (uid, uid, uid):
        raise PermissionError(f"the process kept rights after dropping to uid {uid}")


def hide_memory() -> None:
    """Keep other processes of the same uid from reading this one's memory or tracing it."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
