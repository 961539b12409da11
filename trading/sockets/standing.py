"""Whether trading is possible, as the `status` channel tells it: core, phase, day, kill switches."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from accounts.auth.actor import Actor
from trading.calendar.plan import market_phase
from trading.choices import PHASE_WORDS
from trading.engine import types as t
from trading.engine.events import KillChanged
from trading.shapes.numbers import day_text
from trading.sockets import frames

if TYPE_CHECKING:
    from trading.sockets.hub import Hub


class Standing:
    """What is known of the venue's standing."""

    def __init__(self) -> None:
        self.available = False
        self.reason = ""
        self.seq = 0
        self.venue_killed = False
        self.tenants_killed: set[int] = set()
        self.instruments_killed: set[int] = set()
        self._known_tenants: set[int] = set()

    def knows(self, tenant_id: int) -> bool:
        """Say whether the switches that were thrown before this process came up are known for a tenant."""
        return tenant_id in self._known_tenants

    def load_kills(self, tenant_id: int, kills: list[tuple[int, int]]) -> None:
        """Take over the switches that are thrown; later changes come from the core."""
        self._known_tenants.add(tenant_id)
        for scope, target_id in kills:
            self._kill(scope=scope, target_id=target_id, on=True)

    def load(self, status: Mapping[str, Any]) -> None:
        """Take over the core's answer to `status`."""
        self.available = bool(status.get("trading", True))
        self.reason = str(status.get("reason", ""))
        self.seq = int(status.get("seq", 0))

    def kill_changed(self, event: KillChanged) -> None:
        """Take a kill switch's new position."""
        self._kill(scope=event.scope, target_id=event.target_id, on=event.on)

    def frame(self, hub: Hub, actor: Actor) -> bytes:
        """Return the channel's whole state as this client may see it: of brokers only its own."""
        killed_symbols = [
            contract.symbol
            for contract in hub.contracts
            if contract.instrument.instrument_id in self.instruments_killed
        ]
        tenant_killed = actor.tenant_id in self.tenants_killed
        trading = hub.trading and not self.venue_killed and not tenant_killed
        reason = self.reason if hub.trading else (self.reason or "core_unavailable")
        return frames.encode(
            {
                "ch": "status",
                "seq": self.seq,
                "prev": None,
                "type": "snapshot",
                "ts_ns": time.time_ns(),
                "data": {
                    "trading": trading,
                    "reason": "kill_switch" if hub.trading and not trading else reason,
                    "phase": PHASE_WORDS[market_phase(market.phase for market in hub.markets.values())],
                    "phases": {market.contract.symbol: PHASE_WORDS[market.phase] for market in hub.markets.values()},
                    "trading_day": day_text(hub.trading_day) if hub.trading_day else None,
                    "kill": {"venue": self.venue_killed, "tenant": tenant_killed, "symbols": killed_symbols},
                },
            }
        )

    def _kill(self, *, scope: int, target_id: int, on: bool) -> None:
        if scope == t.KILL_VENUE:
            self.venue_killed = on
            return
        targets = self.tenants_killed if scope == t.KILL_TENANT else self.instruments_killed
        if on:
            targets.add(target_id)
        else:
            targets.discard(target_id)
