"""The channel `orders.<symbol>`: one contract's book order by order, made only while somebody here listens to it.

The core is asked for the whole book once, when the first listener of this process comes and after every reconnect;
from then on its steps are enough. Everybody else starts from the picture that is kept here, so no listener, however
often it asks anew, costs the core anything.
"""

from __future__ import annotations

import logging
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final

from portal.lib.errors import Refused
from trading.choices import PHASE_WORDS, SIDE_WORDS
from trading.core.client import CoreUnavailable
from trading.core.order_steps import Step
from trading.engine.types import BUY, SELL
from trading.engine.views import OrderBookView
from trading.marketdata.visible_book import (
    ADD,
    CHANGE,
    DELETE,
    EXECUTE,
    TRADE,
    BookBroken,
    Message,
    VisibleBook,
)
from trading.shapes.contracts import Contract
from trading.sockets.channels import ChannelName
from trading.sockets.market import Channel

if TYPE_CHECKING:
    from trading.sockets.hub import Hub
    from trading.sockets.session import Session

log = logging.getLogger(__name__)

# How many frames a client may have missed and still be told them one by one: fewer than make a slow reader.
RING_FRAMES: Final = 500
# A book that does not fit its steps is our mistake, and asking the core without end would make it everybody's.
BROKEN_WAIT_S: Final = 1.0


class OrderFeed:
    """One contract's channel. `book` is None until the core has said how it stands; steps wait meanwhile."""

    __slots__ = ("backlog", "book", "channel", "contract", "generation", "joining", "ring", "ring_from", "ts_ns")

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.channel = Channel(f"orders.{contract.symbol}")
        self.book: VisibleBook | None = None
        self.backlog: list[Step] = []
        self.joining: dict[Session, int | None] = {}  # who waits for the book, each with the number it holds
        self.generation = 0
        self.ring: deque[tuple[int, bytes]] = deque(maxlen=RING_FRAMES)
        self.ring_from = 0  # the ring holds every frame after this number
        self.ts_ns = 0

    def load(self, view: OrderBookView, *, seq: int) -> None:
        """Take over the core's book as of a number, and the steps that were told meanwhile."""
        self.book = VisibleBook(view)
        self.channel.seq = self.ring_from = seq
        self.ring.clear()
        backlog, self.backlog = self.backlog, []
        self.take([step for step in backlog if step.seq > seq])

    def take(self, steps: list[Step]) -> None:
        """Take the steps of a commit and tell what everybody may see of them."""
        book, channel = self.book, self.channel
        if book is None:
            self.backlog += steps
            return
        if not steps:
            return
        self.ts_ns = steps[-1].market_ns
        told = book.take(steps)
        if not told:
            return  # a stop that waits, lots that an iceberg hides: nobody hears of them
        prev, channel.seq = channel.seq, told[-1].seq
        frame = self._frame("delta", prev=str(prev), data=f'{{"messages":[{",".join(map(self._message, told))}]}}')
        if len(self.ring) == RING_FRAMES:
            self.ring_from = self.ring[0][0]
        self.ring.append((channel.seq, frame))
        channel.publish(frame)

    def frames_after(self, since: int) -> list[bytes] | None:
        """Return the frames after a number, or None when they are not all kept."""
        if not self.ring_from <= since <= self.channel.seq:
            return None
        return [frame for seq, frame in self.ring if seq > since]

    def snapshot(self) -> bytes | None:
        """Return the whole book as one frame; None while it is not known."""
        book = self.book
        if book is None:
            return None
        sides = ",".join(
            f'"{name}":[{",".join(self._level(*level) for level in book.levels(side))}]'
            for name, side in (("bids", BUY), ("asks", SELL))
        )
        return self._frame("snapshot", prev="null", data=f'{{"phase":"{PHASE_WORDS[book.phase]}",{sides}}}')

    def _level(self, price_ticks: int, orders: list[tuple[int, int]]) -> str:
        return f'[{self.contract.price_json(price_ticks)},[{",".join([f"""["{o}",{qty}]""" for o, qty in orders])}]]'

    def _frame(self, kind: str, *, prev: str, data: str) -> bytes:
        return (
            f'{{"ch":"{self.channel.name}","seq":{self.channel.seq},"prev":{prev},"type":"{kind}",'
            f'"ts_ns":{self.ts_ns},"data":{data}}}'
        ).encode()

    def _message(self, told: Message) -> str:
        kind, head = told.kind, f'{{"m":"{told.kind}","seq":{told.seq}'
        price = self.contract.price_json
        if kind == ADD:
            return (
                f'{head},"order":"{told.order_id}","side":"{SIDE_WORDS[told.side]}",'
                f'"price":{price(told.price_ticks)},"qty":{told.qty}}}'
            )
        if kind == TRADE:
            return (
                f'{head},"trade":"{told.trade_id}","price":{price(told.price_ticks)},"qty":{told.qty},'
                f'"side":"{SIDE_WORDS[told.side]}"}}'
            )
        if kind == EXECUTE:
            return (
                f'{head},"order":"{told.order_id}","trade":"{told.trade_id}","price":{price(told.price_ticks)},'
                f'"qty":{told.qty},"left":{told.left}}}'
            )
        if kind == CHANGE:
            return f'{head},"order":"{told.order_id}","qty":{told.qty}}}'
        if kind == DELETE:
            return f'{head},"order":"{told.order_id}"}}'
        return f'{head},"phase":"{PHASE_WORDS[told.qty]}"}}'


class OrderFeeds:
    """The channels of one web process."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._feeds: dict[int, OrderFeed] = {}

    def join(self, session: Session, channel: ChannelName, *, since: int | None) -> None:
        """Add a listener; the first one makes the channel begin."""
        feed = self._feeds.get(channel.number)
        if feed is None:
            feed = self._feeds[channel.number] = OrderFeed(self._hub.markets[channel.number].contract)
            self._hub.link.watch_book(channel.number)
            self._begin(feed)
        if feed.book is None:
            feed.joining[session] = since
        else:
            self._welcome(feed, session, since)

    def leave(self, session: Session, channel: ChannelName) -> None:
        """Take a listener out; the last one makes the channel end."""
        feed = self._feeds.get(channel.number)
        if feed is None:
            return
        feed.joining.pop(session, None)
        feed.channel.watchers.discard(session)
        if not feed.joining and not feed.channel.watchers:
            feed.generation += 1
            del self._feeds[channel.number]
            self._hub.link.unwatch_book(channel.number)

    def send_snapshot(self, session: Session, channel: ChannelName) -> None:
        """Send the whole book to one listener; one that waits for it gets it as soon as it is known."""
        feed = self._feeds.get(channel.number)
        frame = feed.snapshot() if feed is not None else None
        if frame is not None:
            session.push(frame)

    def told(self, steps: list[Step]) -> None:
        """Take the steps of one commit of all contracts listened to."""
        if not self._feeds:
            return
        by_contract: dict[int, list[Step]] = {}
        for step in steps:
            by_contract.setdefault(step.instrument_id, []).append(step)
        for number, own in by_contract.items():
            feed = self._feeds.get(number)
            if feed is None:
                continue
            try:
                feed.take(own)
            except BookBroken:
                log.exception("the book of %s does not fit its steps; it is asked for anew", feed.contract.symbol)
                self._forget(feed)
                self._hub.later(BROKEN_WAIT_S, partial(self._begin, feed))

    def put_contract(self, contract: Contract) -> None:
        """Take a contract's new terms."""
        feed = self._feeds.get(contract.instrument.instrument_id)
        if feed is not None:
            feed.contract = contract

    def core_lost(self) -> None:
        """Steps may be missed from now on: what comes later waits for a new book."""
        for feed in self._feeds.values():
            self._forget(feed)

    def core_back(self) -> None:
        """Ask for every book anew."""
        for feed in self._feeds.values():
            self._begin(feed)

    def _forget(self, feed: OrderFeed) -> None:
        feed.generation += 1
        feed.book = None
        feed.backlog = []
        for watcher in feed.channel.watchers:
            feed.joining[watcher] = None  # type: ignore[index]
        feed.channel.watchers.clear()

    def _begin(self, feed: OrderFeed) -> None:
        self._forget(feed)
        self._hub.job(self._load(feed, generation=feed.generation))

    async def _load(self, feed: OrderFeed, *, generation: int) -> None:
        number = feed.contract.instrument.instrument_id
        try:
            seq, view = await self._hub.link.query_at("order_book", instrument_id=number)
        except (CoreUnavailable, Refused):
            return  # the link says so when the core is back
        if feed.generation != generation:
            return
        feed.load(view, seq=seq)
        joining, feed.joining = feed.joining, {}
        for session, since in joining.items():
            self._welcome(feed, session, since)

    def _welcome(self, feed: OrderFeed, session: Session, since: int | None) -> None:
        """Tell a listener what it has missed, or the whole book, and let it follow."""
        feed.channel.watchers.add(session)
        frames = feed.frames_after(since) if since is not None else None
        if frames is None:
            frame = feed.snapshot()
            frames = [frame] if frame is not None else []
        for frame in frames:
            session.push(frame)
