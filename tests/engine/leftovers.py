"""Count what a thousand commands leave to the garbage collector, in an interpreter where nothing else runs.

Run as ``python -m tests.engine.leftovers``: threads and finished tests of a shared process leave cycles of their own,
which would be counted here.
"""

from __future__ import annotations

import gc
import sys

from trading.engine.machine import Machine

from .generated import Commands


def leftovers(commands: int) -> int:
    """Objects in cycles after so many commands."""
    machine = Machine()
    source = Commands(machine, 41)
    for number, command in enumerate(source.opening(), 1):
        machine.apply(command, number, number)
    gc.collect()
    gc.disable()
    for number in range(commands):
        at_ns = (number + 100) * 40_000_000
        machine.apply(source.next(), at_ns, at_ns)
    source.sent.clear()
    return gc.collect()


if __name__ == "__main__":
    sys.stdout.write(f"{leftovers(1_000)}\n")
