"""Structured logs: one JSON object a line, with secrets cut out before they are written."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

_SECRET_KEY: Final = re.compile(r"password|passwd|secret|token|authorization|cookie|dsn|credential|api_key", re.I)
_SECRET_IN_TEXT: Final = re.compile(
    r"(Bearer\s+|password=|://[^:/\s]+:)([^@\s,;'\"]+)|\b(ak_\w+)\.([A-Za-z0-9_-]{16,})", re.I
)
_CUT: Final = "[cut]"


def cut_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: hide values under secret-looking keys and secrets inside texts."""
    for key, value in event.items():
        if _SECRET_KEY.search(key):
            event[key] = _CUT
        elif isinstance(value, str):
            event[key] = cut_text(value)
    return event


def cut_text(text: str) -> str:
    """Return the text without bearer tokens, passwords in DSNs and key secrets."""
    return _SECRET_IN_TEXT.sub(lambda match: f"{match[1]}{_CUT}" if match[1] else f"{match[3]}.{_CUT}", text)


PROCESSORS: Final[list[Any]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    cut_secrets,
]


def logging_config(*, level: str, json: bool) -> dict[str, Any]:
    """Return Django's LOGGING dictionary; standard loggers go through the same processors."""
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False) if json else structlog.dev.ConsoleRenderer()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [
                    structlog.contextvars.merge_contextvars,
                    structlog.stdlib.add_logger_name,
                    structlog.stdlib.add_log_level,
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                ],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    cut_secrets,
                    renderer,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "level": level, "propagate": False},
            # Requests and their exceptions are written by django_structlog, with request number and person.
            "django.request": {"level": "CRITICAL"},
            # Daphne prints every socket open and close at INFO; at hundreds a second that is noise.
            "daphne": {"level": "WARNING"},
            "django.channels.server": {"level": "WARNING"},
        },
    }


def configure_structlog() -> None:
    """Point structlog at the standard logging tree; called once by the settings."""
    structlog.configure(
        processors=[*PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
