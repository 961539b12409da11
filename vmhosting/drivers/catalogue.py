"""Which drivers this installation offers. The one in memory is for tests and never stands here."""

from __future__ import annotations

from functools import lru_cache

from vmhosting.drivers.base import MachineDriver
from vmhosting.drivers.sandbox.driver import SandboxDriver


@lru_cache(maxsize=1)
def drivers() -> dict[str, MachineDriver]:
    """Return the drivers by kind."""
    return {SandboxDriver.kind: SandboxDriver()}
