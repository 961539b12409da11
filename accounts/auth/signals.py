"""Sign-in and sign-out as they happen: attempts are written down, ended sessions close their sockets."""

from __future__ import annotations


def connect() -> None:
    """Connect the receivers."""
