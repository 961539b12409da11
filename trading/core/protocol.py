"""What travels between the core and its clients: length-prefixed MessagePack frames on a unix socket.

Client to core:  u32 length | u8 kind | body.           Core to client:  u32 length | u8 kind | u64 stamp_ns | body.
The length counts everything after itself; integers are little-endian. One frame carries many commands, and the
core sends one frame a link a commit. `stamp_ns` is when the commit returned, so it is not part of the body, which
is encoded while the commit is still running.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import msgspec

from trading.core.order_steps import Step
from trading.engine.all_events import AnyEvent
from trading.engine.commands import AnyCommand
from trading.engine.delivery_duties import DeliveryDuty
from trading.engine.instrument import Instrument
from trading.engine.views import AccountView, InstrumentStats, LiquidationView, OrderBookView, OrderView, Preview

PROTOCOL_VERSION: Final = 1

# Code of a query that could not be answered because the journal is out of reach.
UNAVAILABLE_CODE: Final = "trading_unavailable"

# Kinds of frames, client to core.
HELLO: Final = 1
SUBMIT: Final = 2
QUERY: Final = 3
WATCH: Final = 4
UNWATCH: Final = 5
PING: Final = 6
PRESENCE: Final = 7
WATCH_BOOKS: Final = 8
UNWATCH_BOOKS: Final = 9

# Kinds of frames, core to client.
WELCOME: Final = 21
COMMITTED: Final = 22
ANSWER: Final = 23
WATCHED: Final = 24
UNAVAILABLE: Final = 25
PONG: Final = 26
BATCH: Final = 27
STEPS: Final = 28

# What a link is for: a door gets deliveries, a caller only its answers, a follower whole batches.
DOOR: Final = 1
CALLER: Final = 2
FOLLOWER: Final = 3

FRAME_BYTES_MAX: Final = 64 * 1024 * 1024
UP_HEADER: Final = struct.Struct("<IB")
DOWN_HEADER: Final = struct.Struct("<IBQ")
LENGTH: Final = struct.Struct("<I")
UP_EXTRA: Final = UP_HEADER.size - LENGTH.size
DOWN_EXTRA: Final = DOWN_HEADER.size - LENGTH.size


class Hello(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """First frame of a link."""

    version: int
    name: str
    role: int
    market: bool = True  # a door that wants depth and trades


class Submit(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Commands; the n-th one is answered under `first_id + n`."""

    first_id: int
    commands: list[AnyCommand]


class Query(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A question by name; answered from committed state only."""

    request_id: int
    name: str
    args: dict[str, Any]


class Watch(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Accounts whose private events the link wants from now on (or no longer)."""

    request_id: int
    account_ids: list[int]


class WatchBooks(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Contracts whose books the link wants order by order from now on (or no longer).

    No number is answered: an `order_book` asked for after this includes every step that the link is not told.
    """

    instrument_ids: list[int]


class Presence(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A key that wants its orders canceled when it has been away for some seconds: it is there, or it has left."""

    tenant_id: int
    actor: str
    account_ids: list[int]
    seconds: int
    there: bool


class Ping(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Is anybody there? A hung core keeps its socket open, so silence must be noticed."""

    number: int


class Welcome(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """The core's first frame."""

    version: int
    epoch: int
    seq: int
    engine_version: int
    available: bool


class Answer(msgspec.Struct, array_like=True, gc=False):
    """What came of one command. `event` is the first event, `order` the order after the whole command."""

    request_id: int
    seq: int  # journal number; of the first answer when the order was a repeat
    event: AnyEvent
    order: OrderView | None
    received_ns: int
    trading_day: int
    at_ns: int  # the command's time in the journal; 0 when it is not in it
    acked_ns: int = 0  # set by the client from the frame's stamp


class MarketTrade(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A trade as the public may see it."""

    seq: int
    trade_id: int
    instrument_id: int
    price_ticks: int
    qty: int
    taker_side: int
    taker_offset: int
    maker_offset: int
    open_interest: int
    market_ns: int


class DepthFrame(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """The best 20 levels of one contract, (price_ticks, qty) from the best outwards."""

    instrument_id: int
    seq: int
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]
    market_ns: int


class Delivery(msgspec.Struct, array_like=True, gc=False):
    """News of one commit for one link. `private` rows are (seq, at_ns, market_ns, event), in order, each event once."""

    first_seq: int
    last_seq: int
    at_ns: int
    market_ns: int
    private: list[tuple[int, int, int, AnyEvent]]
    trades: list[MarketTrade]
    depth: list[DepthFrame]
    public: list[AnyEvent]


class Committed(msgspec.Struct, array_like=True, gc=False):
    """One commit for one link: its answers and its news."""

    answers: list[Answer]
    delivery: Delivery | None


class QueryAnswer(msgspec.Struct, array_like=True, gc=False):
    """A query's result, or the code of its refusal; the body is decoded by the query's own type."""

    request_id: int
    seq: int
    code: str
    body: msgspec.Raw


class Watched(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Deliveries hold the watched accounts' events of every number above `seq`."""

    request_id: int
    seq: int


class Unavailable(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Requests that got no answer. `executed` False: surely not; True: not known, repeat under the same id."""

    request_ids: list[int]
    maybe_executed: bool
    reason: str
    available: bool  # whether commands are taken at this moment; also sent alone when that changes


class Pong(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """The core's loop is alive."""

    number: int
    available: bool


class BatchFrame(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One committed journal row, for followers."""

    first_seq: int
    last_seq: int
    epoch: int
    at_ns: int
    payload: bytes


class StepsFrame(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What one commit did to the books that a link watches, after the answers of that commit."""

    steps: list[Step]


class Status(msgspec.Struct, gc=False, frozen=True):
    """How the core is, as `query("status")` answers; decoded to a dict by default."""

    seq: int
    epoch: int
    trading_day: int
    day_number: int
    market_ns: int
    engine_version: int
    snapshot_seq: int
    disk_used_pct: int
    journal_hash: str
    phase: str
    trading: bool
    reason: str
    started_ns: int
    pid: int


# Result types of the queries, by name; the argument names are in `trading.core.queries`.
QUERY_RESULTS: Final[dict[str, Any]] = {
    "status": dict[str, Any],
    "account": AccountView,
    "order": OrderView,
    "orders": list[OrderView],
    "depth": DepthFrame,
    "order_book": OrderBookView,
    "delivery_duties": list[DeliveryDuty],
    "stats": list[InstrumentStats],
    "liquidations": list[LiquidationView],
    "instruments": list[tuple[Instrument, int, int]],
    "preview": Preview,
}

encode: Final = msgspec.msgpack.Encoder().encode


def up_frame(kind: int, body: bytes) -> bytes:
    """Return a frame from a client to the core."""
    return UP_HEADER.pack(len(body) + UP_EXTRA, kind) + body


def down_header(kind: int, *, stamp_ns: int, body_length: int) -> bytes:
    """Return the header of a frame from the core; the body follows it."""
    return DOWN_HEADER.pack(body_length + DOWN_EXTRA, kind, stamp_ns)


def array_header(length: int) -> bytes:
    """Return the MessagePack header of an array, for joining elements that are already encoded."""
    if length < 16:
        return bytes((0x90 | length,))
    if length < 65536:
        return b"\xdc" + length.to_bytes(2, "big")
    return b"\xdd" + length.to_bytes(4, "big")


class FrameError(Exception):
    """The other side does not speak this protocol; the link is closed."""


class CoreUnavailable(Exception):  # noqa: N818  (the name is the statement)
    """Trading is not available. `maybe_executed` tells whether the command could still have been carried out.

    When it is False the command was surely not executed. When it is True nobody knows yet: repeating an order under
    the same client_order_id settles it, because a repeat is answered with the first result.
    """

    def __init__(self, reason: str, *, maybe_executed: bool = False) -> None:
        self.reason = reason
        self.maybe_executed = maybe_executed
        super().__init__(reason)


class FrameSplitter:
    """Cuts a byte stream into frames; the body is the rest of a frame after its length."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Take received bytes and return the complete frames (kind byte first)."""
        buffer = self._buffer
        buffer += data
        frames: list[bytes] = []
        start, end = 0, len(buffer)
        while end - start >= 4:
            length = int.from_bytes(buffer[start : start + 4], "little")
            if not 1 <= length <= FRAME_BYTES_MAX:
                raise FrameError(f"a frame of {length} bytes")
            if end - start - 4 < length:
                break
            frames.append(bytes(buffer[start + 4 : start + 4 + length]))
            start += 4 + length
        if start:
            del buffer[:start]
        return frames
