"""Private events of one account on their way into one row."""

from __future__ import annotations


class EventPack:
    """A row in the making."""

    __slots__ = ("account_id", "account_seq", "events", "seq", "size", "tenant_id")

    def __init__(self, tenant_id: int, account_id: int) -> None:
        self.tenant_id = tenant_id
        self.account_id = account_id
        self.events: list[bytes] = []
        self.size = 0  # bytes
        self.account_seq = 0
        self.seq = 0  # in the journal

    def add(self, event: bytes, *, account_seq: int, seq: int) -> None:
        """Take the account's next event."""
        self.events.append(event)
        self.size += len(event)
        self.account_seq = account_seq
        self.seq = seq

    def line(self) -> str:
        """Return the row's COPY line."""
        return (
            f"{self.tenant_id}\t{self.account_id}\t{self.account_seq}\t{len(self.events)}\t{self.seq}"
            f"\t\\\\x{b''.join(self.events).hex()}\n"
        )
