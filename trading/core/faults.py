"""Named points at which a test makes the core die as if the power had failed.

`FAULT_AT=after_journal_before_ack` kills at the first pass, `FAULT_AT=after_journal_before_ack:7` at the seventh.
"""

from __future__ import annotations

import os
import signal
from typing import Final

POINTS: Final = ("before_journal", "mid_batch", "after_journal_before_ack", "during_snapshot")


def _read() -> tuple[str, int]:
    point, _, count = os.environ.get("FAULT_AT", "").partition(":")
    if point and point not in POINTS:
        raise SystemExit(f"setting FAULT_AT: is {point!r}, expected one of {', '.join(POINTS)}")
    return point, int(count or "1")


armed, _left = _read()


def reach(point: str) -> None:
    """Die here when this is the armed point and its count has run down."""
    global _left
    if armed != point:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
