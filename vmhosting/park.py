"""Stops the processes of all machines on this host; what is wanted stays, so the next reconciler starts them again.

For a clean stop of the whole installation: nothing of it should go on running afterwards. Needs no database.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from portal.lib.errors import Failed
from vmhosting.drivers.base import MachineDriver, WebDoor
from vmhosting.drivers.catalogue import drivers
from vmhosting.states import Power

_NO_DOOR: Final = WebDoor(host="127.0.0.1", port=9)
_AT_ONCE: Final = 8


def machines_park() -> tuple[int, list[str]]:
    """Stop what runs, several at once; return how many were stopped and what went wrong with the others."""
    running = [
        (driver, uuid)
        for driver in drivers().values()
        for uuid, seen in driver.observe_all().items()
        if seen.power is Power.RUNNING
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        problems = [problem for problem in pool.map(lambda pair: _park(*pair), running) if problem]
    return len(running) - len(problems), problems


def main(_arguments: Sequence[str] = ()) -> int:
    """Park everything and say so; returns 1 when a machine would not stop."""
    parked, problems = machines_park()
    sys.stdout.write(f"{parked} machines parked\n")
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


def _park(driver: MachineDriver, uuid: str) -> str:
    try:
        driver.set_power(uuid, power=Power.STOPPED, door=_NO_DOOR)
    except Failed as problem:
        return f"{uuid}: {problem}"
    return ""
