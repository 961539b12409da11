"""An account's numbered events as the projection has stored them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from trading.models import AccountEventPack
from trading.models.event_body import PACK_EVENTS_MAX, PrivateEvent, decode

_ROWS: Final = 100


class StoredEvent(NamedTuple):
    """One private event with its numbers and times."""

    account_seq: int
    journal_seq: int
    at_ns: int
    market_ns: int
    event: PrivateEvent


def account_seq_stored(*, account_id: int) -> int:
    """Return the last event number the projection has written for an account; 0 before the first."""
    last = (
        AccountEventPack.objects.filter(account_id=account_id)
        .order_by("-account_seq")
        .values_list("account_seq", flat=True)
        .first()
    )
    return last or 0


def events_after(*, account_id: int, after_seq: int, limit: int) -> list[StoredEvent]:
    """Return events above a number, in order. The caller has checked the account."""
    found: list[StoredEvent] = []
    after = after_seq
    while len(found) < limit:
        rows = list(
            AccountEventPack.objects.filter(account_id=account_id, account_seq__gt=after)
            .order_by("account_seq")
            .values_list("account_seq", "count", "body")[:_ROWS]
        )
        for row in rows:
            found += [event for event in _unpacked(*row) if event.account_seq > after_seq]
        if len(rows) < _ROWS:
            break
        after = rows[-1][0]
    return found[:limit]


def events_back(*, account_id: int, before: int) -> Iterator[StoredEvent]:
    """Yield an account's events before a number, newest first."""
    # The row that holds the number may hold events before it.
    ceiling = before + PACK_EVENTS_MAX
    while True:
        rows = list(
            AccountEventPack.objects.filter(account_id=account_id, account_seq__lt=ceiling)
            .order_by("-account_seq")
            .values_list("account_seq", "count", "body")[:_ROWS]
        )
        for row in rows:
            yield from (event for event in reversed(_unpacked(*row)) if event.account_seq < before)
        if len(rows) < _ROWS:
            return
        ceiling = rows[-1][0]


def _unpacked(account_seq: int, count: int, body: bytes | memoryview) -> list[StoredEvent]:
    first = account_seq - count + 1
    return [
        StoredEvent(number, seq, at_ns, market_ns, event)
        for number, (seq, at_ns, market_ns, event) in enumerate(decode(body, count=count), first)
    ]
