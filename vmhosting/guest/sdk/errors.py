"""What can go wrong at the web door, each with what to do about it."""

from __future__ import annotations

from typing import Any


class ConnectionLost(Exception):  # noqa: N818
    """The socket ended or never opened; connect again and repeat with the same client_order_id."""


class DoorClosed(Exception):  # noqa: N818
    """The key is revoked or lacks the scope; trying again is useless."""


class RequestFailed(Exception):  # noqa: N818
    """The server answered a REST request with an error; `code` is stable, `status` is HTTP's."""

    def __init__(self, *, status: int, code: str, detail: str) -> None:
        self.status = status
        self.code = code
        self.detail = detail
        super().__init__(f"{status} {code}: {detail}")


class OrderRefused(Exception):  # noqa: N818
    """The counter or the door refused an order; `figures` explain it."""

    def __init__(self, *, code: str, detail: str, figures: dict[str, Any]) -> None:
        self.code = code
        self.detail = detail
        self.figures = figures
        super().__init__(f"{code}: {detail}")
