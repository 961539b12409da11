"""What people and machines write, made fit to store and show: no control characters, no half characters."""

from __future__ import annotations


def plain(text: str, *, longest: int) -> str:
    """Return the text without anything that cannot be printed, trimmed and cut."""
    return "".join(sign for sign in text if sign.isprintable()).strip()[:longest]
