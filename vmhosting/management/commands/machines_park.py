"""Stop the processes of all machines on this host; what is wanted stays, so the next reconciler starts them again.

For a clean stop of the whole installation: nothing of it should go on running afterwards.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.management.base import BaseCommand

from portal.lib.errors import Failed
from vmhosting.drivers.base import MachineDriver, WebDoor
from vmhosting.drivers.catalogue import drivers
from vmhosting.states import Power

_NO_DOOR = WebDoor(host="127.0.0.1", port=9)
_AT_ONCE = 8


class Command(BaseCommand):
    """`manage.py machines_park`."""

    help = "Stops the machines' processes on this host; they start again with the next reconciler."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Stop what runs, several at once."""
        running = [
            (driver, uuid)
            for driver in drivers().values()
            for uuid, seen in driver.observe_all().items()
            if seen.power is Power.RUNNING
        ]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            problems = [problem for problem in pool.map(lambda pair: _park(*pair), running) if problem]
        self.stdout.write(f"{len(running) - len(problems)} machines parked")
        for problem in problems:
            self.stderr.write(problem)


def _park(driver: MachineDriver, uuid: str) -> str:
    try:
        driver.set_power(uuid, power=Power.STOPPED, door=_NO_DOOR)
    except Failed as problem:
        return f"{uuid}: {problem}"
    return ""
