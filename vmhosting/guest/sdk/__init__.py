"""Aurum's client for strategy machines: REST and the trading socket over the machine's web door."""

from __future__ import annotations

from .client import TradingClient
from .door import Credentials, Door
from .errors import ConnectionLost, DoorClosed, OrderRefused, RequestFailed

__all__ = [
    "ConnectionLost",
    "Credentials",
    "Door",
    "DoorClosed",
    "OrderRefused",
    "RequestFailed",
    "TradingClient",
]
