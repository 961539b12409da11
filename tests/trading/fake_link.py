"""The core's link in memory: commands go into a real engine at once, news comes back as the core would send it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from tests.trading.feed import Feed
from trading.core.protocol import Answer, CoreUnavailable, Delivery, MarketTrade
from trading.engine import events as ev
from trading.engine import venue_events
from trading.engine.all_events import AnyEvent
from trading.engine.commands import AnyCommand

PUBLIC = (
    ev.DayRolled,
    ev.InstrumentPut,
    ev.KillChanged,
    ev.PhaseChanged,
    ev.AuctionMatched,
    ev.SettlementBegun,
    venue_events.ContractsMoved,
)


class FakeLink:
    """Stands where `CoreLink` stands; `up` decides whether the core is there."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.up = True
        self.commands: list[AnyCommand] = []
        self.events: list[AnyEvent] = []
        self._watched: set[int] = set()

    def __call__(
        self, name: str, on_delivery: Callable[[Delivery], None], on_state: Callable[[bool], None]
    ) -> FakeLink:
        """Take the place of the class."""
        self.name, self.on_delivery, self.on_state = name, on_delivery, on_state
        return self

    @property
    def connected(self) -> bool:
        return self.up

    async def start(self) -> None:
        self.on_state(True)

    async def close(self) -> None:
        self.up = False

    def watch(self, accounts: Iterable[int]) -> None:
        self._watched.update(accounts)

    def cut(self) -> None:
        """The core goes away."""
        self.up = False
        self.on_state(False)

    def back(self) -> None:
        """The core is there again."""
        self.up = True
        self.on_state(True)

    def submit(self, command: AnyCommand) -> asyncio.Future[Answer]:
        if not self.up:
            raise CoreUnavailable("away")
        self.commands.append(command)
        events = self.feed.do(command)
        self.events += events
        seq, at_ns = self.feed.machine.seq, self.feed.at_ns
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        future.set_result(Answer(0, seq, events[0], None, at_ns, self.feed.machine.trading_day, at_ns))
        self.on_delivery(self._delivery(events, seq=seq, at_ns=at_ns))
        return future

    async def query(self, name: str, **args: Any) -> Any:
        if not self.up:
            raise CoreUnavailable("away")
        machine = self.feed.machine
        if name == "status":
            return {"trading_day": machine.trading_day, "seq": machine.seq}
        if name == "instruments":
            return machine.instruments()
        return [machine.instrument_stats(spec.instrument_id) for spec, _lower, _upper in machine.instruments()]

    def _delivery(self, events: list[AnyEvent], *, seq: int, at_ns: int) -> Delivery:
        private = [(seq, at_ns, at_ns, event) for event in events if self._accounts(event) & self._watched]
        trades = [
            MarketTrade(
                seq,
                event.trade_id,
                event.instrument_id,
                event.price_ticks,
                event.qty,
                event.taker_side,
                event.taker.offset,
                event.maker.offset,
                event.open_interest,
                at_ns,
            )
            for event in events
            if isinstance(event, ev.Trade)
        ]
        public = [event for event in events if isinstance(event, PUBLIC)]
        return Delivery(seq, seq, at_ns, at_ns, private, trades, [], public)

    @staticmethod
    def _accounts(event: AnyEvent) -> set[int]:
        if isinstance(event, ev.Trade):
            return {event.maker.account_id, event.taker.account_id}
        return {getattr(event, "account_id", 0)}
