"""Whether the core answers and whether its market trades, asked through the core's own client."""

from __future__ import annotations

from typing import Any

from portal.lib.errors import Refused
from trading.core import client


def core_status() -> dict[str, Any] | None:
    """Return the core's status, or None when it cannot be asked."""
    try:
        return dict(client.query("status"))
    except (client.CoreUnavailable, OSError, Refused):
        client.disconnect()
        return None


def traded_lots() -> int:
    """Return the lots traded today over all instruments, zero when the core cannot be asked."""
    try:
        return sum(stats.volume for stats in client.query("stats"))
    except (client.CoreUnavailable, OSError, Refused):
        client.disconnect()
        return 0
