"""What a monitor is and what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from riskdesk.picture import Risk
from trading.engine.events import Event


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a rule found out about an account at a journal number.

    `raised` False says that the condition has ended. `level` rules describe a condition that lasts (a risk degree);
    the others a thing that happened (a refusal), which never ends by itself.
    """

    rule: str
    severity: int
    tenant_id: int
    account_id: int
    seq: int
    at_ns: int
    raised: bool = True
    level: bool = False
    figures: dict[str, int | str] = field(default_factory=dict)


class Monitor(Protocol):
    """A rule. Called for every event of its kinds, and for every touched account once a flush."""

    rule: str
    #: The events it wants to see; others never reach it.
    kinds: tuple[type[Event], ...]

    def on_event(self, event: Event, *, seq: int, at_ns: int) -> list[Finding]:
        """Look at one event."""
        ...

    def on_risk(self, risk: Risk, *, seq: int, at_ns: int) -> list[Finding]:
        """Look at an account's risk at the end of a flush."""
        ...

    def restore(self, open_accounts: set[int]) -> None:
        """Take over the accounts whose condition of this rule stands, at start."""
        ...
