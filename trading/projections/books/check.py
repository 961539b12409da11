"""One invariant: its code, its promise in words, and the query that finds what breaks it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """`sql` returns one text for each breach; no row means that the promise holds."""

    code: str
    promise: str
    sql: str
