"""Identifiers: sortable ones for rows and requests, unguessable ones for secrets."""

from __future__ import annotations

import secrets
import time


def uuid7_hex() -> str:
    """Return a UUID version 7 as 32 hex digits: sorts by time of making, unique across machines."""
    milliseconds = time.time_ns() // 1_000_000
    random_bits = secrets.randbits(74)
    high, low = random_bits >> 62, random_bits & ((1 << 62) - 1)
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= high << 64
    value |= 0b10 << 62
    value |= low
    return f"{value:032x}"


def token(*, length_bytes: int = 32) -> str:
    """Return an unguessable url-safe text; never log it."""
    return secrets.token_urlsafe(length_bytes)


_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


def readable_password(*, groups: int = 4, group_length: int = 4) -> str:
    """Return a random password a person can copy by eye: no look-alike letters, in groups (~79 bits)."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(group_length)) for _ in range(groups))
