"""The frames that answer requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from trading.sockets.ops import RequestId

encode: Final = msgspec.json.Encoder().encode

# Close codes of /ws/v1; 1009 is the standard's own for an oversized frame.
LOGIN: Final = 4401
FORBIDDEN: Final = 4403
CHANNEL: Final = 4404
TOO_SLOW: Final = 4408
RATE: Final = 4429
RESTART: Final = 4503
TOO_LARGE: Final = 1009


def request_id(identity: RequestId) -> str:
    """Return a request's id as JSON text."""
    if type(identity) is int:
        return str(identity)
    return encode(identity).decode()


def done(identity: RequestId, **facts: Any) -> bytes:
    """Return the answer to a request that was carried out."""
    return encode({"id": identity, "ok": True, **facts})


def refused(
    identity: RequestId,
    *,
    code: str,
    detail: str,
    figures: Mapping[str, object] | None = None,
    pointer: str | None = None,
    **facts: Any,
) -> bytes:
    """Return the answer to a request that was not."""
    error: dict[str, object] = {"code": code, "detail": detail}
    if figures:
        error["figures"] = figures
    if pointer is not None:
        error["pointer"] = pointer
    return encode({"id": identity, "ok": False, **facts, "error": error})


def channel_error(channel: str, *, code: str, detail: str) -> bytes:
    """Return the news that a channel already granted cannot be served."""
    return encode({"ch": channel, "type": "error", "error": {"code": code, "detail": detail}})
