"""The core's log lines, in the form of all other processes but without their library.

Importing structlog costs half of what a start of the core may take; the core writes few lines and no secrets.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys


class JsonLine(logging.Formatter):
    """One JSON object a line, with the keys the other processes use."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        entry = {
            "event": record.getMessage(),
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="microseconds"),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def configure(*, level: str, as_json: bool) -> None:
    """Log to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(asctime)s %(levelname)-8s %(name)s: %(message)s")
    handler.setFormatter(JsonLine() if as_json else plain)
    logging.basicConfig(level=level, handlers=[handler], force=True)
