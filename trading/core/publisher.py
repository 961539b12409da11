"""Who gets what of a commit: answers, private events of watched accounts, trades and depth, one frame a link.

Frames are encoded while the commit is still running and leave only after it has returned. What all doors share is
encoded once.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Set
from typing import TYPE_CHECKING, Any, Final

import msgspec

from trading.core import protocol
from trading.core.order_steps import steps_of
from trading.engine import events as ev
from trading.engine import parameter_events, statement_events, venue_events
from trading.engine.machine import Machine

if TYPE_CHECKING:
    from trading.core.server import Link

DEPTH_LEVELS: Final = 20
DEPTH_GAP_NS: Final = 50_000_000

_PUBLIC: Final = frozenset(
    {
        ev.DayRolled,
        ev.InstrumentPut,
        ev.KillChanged,
        ev.PhaseChanged,
        ev.AuctionMatched,
        ev.SettlementBegun,
        venue_events.ContractsMoved,
    }
)
# Dated rows hold from another day on: doors read them in the tables.
# Refused commands change nothing and carry no account number: their sender has the answer, nobody else is told.
_SILENT: Final = frozenset(
    {
        ev.CommandRefused,
        ev.OrderRepeated,
        ev.TenantRatesChanged,
        statement_events.TenantRulesChanged,
        ev.AccountsSettled,
        parameter_events.ParametersPut,
        parameter_events.ParametersWithdrawn,
        venue_events.LimitLadderPut,
        venue_events.DeliveryPut,
    }
)
_MOVES_BOOK: Final = frozenset({ev.OrderAccepted, ev.OrderCanceled, ev.OrderReplaced, ev.OrderTriggered})

_encode = msgspec.msgpack.Encoder().encode
_EMPTY: Final = msgspec.Raw(_encode([]))

Record = tuple[Any, int, int, list[Any]]
AnswerRow = tuple[int, int, Any, Any, int, int, int]


class Publisher:
    """Gathers the news of each batch for each link."""

    def __init__(self) -> None:
        self.doors: set[Link] = set()
        self.market_doors: set[Link] = set()
        self.followers: set[Link] = set()
        self.book_doors: set[Link] = set()  # those that want a book order by order
        self._watchers: dict[int, set[Link]] = {}
        self._books_prepared: list[tuple[int, list[Record]]] = []
        self._books_due: list[tuple[int, list[Record]]] = []
        self._dirty: set[int] = set()
        self._depth_sent_ns: dict[int, int] = {}
        self._depth_last: dict[int, tuple[Any, Any]] = {}
        self._ready: list[tuple[Link, int, bytes]] = []

    # -- links

    def add(self, link: Link) -> None:
        """Take a link that has said hello."""
        if link.role == protocol.FOLLOWER:
            self.followers.add(link)
        elif link.role == protocol.DOOR:
            self.doors.add(link)
            if link.market:
                self.market_doors.add(link)

    def drop(self, link: Link) -> None:
        """Forget a link."""
        self.doors.discard(link)
        self.market_doors.discard(link)
        self.followers.discard(link)
        self.book_doors.discard(link)
        self.unwatch(link, list(link.watched))

    def watch(self, link: Link, account_ids: Iterable[int]) -> None:
        """Add accounts to a link's private events."""
        for account_id in account_ids:
            link.watched.add(account_id)
            self._watchers.setdefault(account_id, set()).add(link)

    def unwatch(self, link: Link, account_ids: Iterable[int]) -> None:
        """Take accounts from a link's private events."""
        for account_id in account_ids:
            link.watched.discard(account_id)
            watchers = self._watchers.get(account_id)
            if watchers is not None:
                watchers.discard(link)
                if not watchers:
                    del self._watchers[account_id]

    def watch_books(self, link: Link, instrument_ids: Iterable[int], *, add: bool) -> None:
        """Add contracts to those that a link wants order by order, or take them from them."""
        if add:
            link.books.update(instrument_ids)
        else:
            link.books.difference_update(instrument_ids)
        if link.books:
            self.book_doors.add(link)
        else:
            self.book_doors.discard(link)

    # -- one batch

    def prepare(
        self, *, machine: Machine, first_seq: int, records: list[Record], answers: dict[Link, list[AnswerRow]]
    ) -> None:
        """Encode the frames of a batch whose commit is under way."""
        private: dict[Link, list[tuple[int, int, int, Any]]] = {}
        trades: list[protocol.MarketTrade] = []
        public: list[Any] = []
        self._gather(first_seq, records, private=private, trades=trades, public=public)
        last = records[-1]
        depth = self._depth(machine, now_ns=time.time_ns(), market_ns=last[2])
        shared_trades = msgspec.Raw(_encode(trades)) if trades else _EMPTY
        shared_depth = msgspec.Raw(_encode(depth)) if depth else _EMPTY
        shared_public = msgspec.Raw(_encode(public)) if public else _EMPTY
        market_news = bool(trades or depth)
        ready = self._ready
        for link in self.doors | answers.keys():
            own = private.get(link, ())
            wants_market = link.market and link.role == protocol.DOOR
            delivery = None
            if own or (public and link.role == protocol.DOOR) or (market_news and wants_market):
                delivery = (
                    first_seq,
                    machine.seq,
                    last[1],
                    last[2],
                    own,
                    shared_trades if wants_market else _EMPTY,
                    shared_depth if wants_market else _EMPTY,
                    shared_public,
                )
            rows = answers.get(link, ())
            if rows or delivery is not None:
                ready.append((link, protocol.COMMITTED, _encode((rows, delivery))))
        if self.book_doors:
            self._books_prepared.append((first_seq, records))

    def prepare_batch(self, *, first_seq: int, last_seq: int, epoch: int, at_ns: int, payload: bytes) -> None:
        """Encode the frame that followers get of a batch."""
        if self.followers:
            frame = _encode((first_seq, last_seq, epoch, at_ns, payload))
            self._ready += [(link, protocol.BATCH, frame) for link in self.followers]

    def release(self, *, stamp_ns: int) -> None:
        """Send what was prepared: its commit has returned."""
        ready, self._ready = self._ready, []
        for link, kind, body in ready:
            link.send(kind, body, stamp_ns=stamp_ns)
        if self._books_prepared:
            self._books_due += self._books_prepared
            self._books_prepared = []

    def release_books(self, *, stamp_ns: int) -> None:
        """Send what was released to those who want books order by order: after everything that anybody waits for."""
        due, self._books_due = self._books_due, []
        for link in list(self.book_doors):
            for first_seq, records in due:
                steps = steps_of(records, first_seq=first_seq, wanted=link.books)
                if steps:
                    link.send(protocol.STEPS, _encode((steps,)), stamp_ns=stamp_ns)

    @property
    def books_due(self) -> bool:
        """Say whether a commit has returned whose steps are still to be sent."""
        return bool(self._books_due)

    def depth_only(self, *, machine: Machine, at_ns: int, market_ns: int, stamp_ns: int) -> None:
        """Send the depth that was held back by the rate limit; only between commits."""
        depth = self._depth(machine, now_ns=stamp_ns, market_ns=market_ns)
        if not depth:
            return
        news = (machine.seq, machine.seq, at_ns, market_ns, (), _EMPTY, depth, _EMPTY)
        body = _encode(((), news))
        for link in self.market_doors:
            link.send(protocol.COMMITTED, body, stamp_ns=stamp_ns)

    @property
    def depth_waits(self) -> bool:
        """Say whether a book has changed since its depth was last sent."""
        return bool(self._dirty) and bool(self.market_doors)

    def _gather(
        self,
        first_seq: int,
        records: list[Record],
        *,
        private: dict[Link, list[tuple[int, int, int, Any]]],
        trades: list[protocol.MarketTrade],
        public: list[Any],
    ) -> None:
        watchers, dirty, market = self._watchers, self._dirty, bool(self.market_doors)
        seq = first_seq - 1
        for _, at_ns, market_ns, events in records:
            seq += 1
            for event in events:
                kind = type(event)
                interested: Set[Link] | None = None
                if kind is ev.Trade:
                    dirty.add(event.instrument_id)
                    if market:
                        trades.append(_market_trade(seq, market_ns, event))
                    if watchers:
                        interested = watchers.get(event.maker.account_id, _NOBODY) | watchers.get(
                            event.taker.account_id, _NOBODY
                        )
                elif kind in _PUBLIC:
                    public.append(event)
                elif kind not in _SILENT:
                    if kind in _MOVES_BOOK:
                        dirty.add(event.instrument_id)
                    if watchers:
                        interested = watchers.get(event.account_id)
                if interested:
                    row = (seq, at_ns, market_ns, event)
                    for link in interested:
                        private.setdefault(link, []).append(row)

    def _depth(self, machine: Machine, *, now_ns: int, market_ns: int) -> list[protocol.DepthFrame]:
        if not self._dirty or not self.market_doors:
            return []
        frames: list[protocol.DepthFrame] = []
        for instrument_id in list(self._dirty):
            if now_ns - self._depth_sent_ns.get(instrument_id, 0) < DEPTH_GAP_NS:
                continue
            self._dirty.discard(instrument_id)
            sides = machine.depth(instrument_id, DEPTH_LEVELS)
            if sides == self._depth_last.get(instrument_id):
                continue
            self._depth_last[instrument_id] = sides
            self._depth_sent_ns[instrument_id] = now_ns
            frames.append(protocol.DepthFrame(instrument_id, machine.seq, sides[0], sides[1], market_ns))
        return frames


_NOBODY: Final[frozenset[Any]] = frozenset()


def _market_trade(seq: int, market_ns: int, trade: ev.Trade) -> protocol.MarketTrade:
    return protocol.MarketTrade(
        seq,
        trade.trade_id,
        trade.instrument_id,
        trade.price_ticks,
        trade.qty,
        trade.taker_side,
        trade.taker.offset,
        trade.maker.offset,
        trade.open_interest,
        market_ns,
    )
