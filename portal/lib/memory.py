"""What every long-lived process does with its collector once it has loaded what it needs."""

from __future__ import annotations

import gc
from typing import Final

# After start nearly nothing is garbage: collections of the young objects stay rare and the old ones are never walked.
GC_THRESHOLDS: Final = (50_000, 50, 100)


def settle_memory() -> None:
    """Take what was loaded at start out of the collector's sight: walking it cost pauses of 50 ms and more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
