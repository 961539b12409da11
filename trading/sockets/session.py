"""One open socket: requests in, frames out. Knows no server, no Django and no database, so tests drive it by hand.

Rights and accounts were settled at the handshake; a request costs no look-up. Answers and news of one turn of the
event loop leave together, answers first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from accounts.auth.actor import Actor
from accounts.permissions import Right
from trading.shapes.numbers import day_text
from trading.sockets import frames, ops
from trading.sockets.channels import ChannelName, parse_channel
from trading.sockets.limits import Bucket, Principal
from trading.sockets.reader import Reader, Verdict
from trading.sockets.wire import Wire

if TYPE_CHECKING:
    from trading.sockets.hub import Hub

FRAME_BYTES_MAX: Final = 64 * 1024
CHANNELS_MAX: Final = 500
WRONG_CHANNELS_MAX: Final = 100
_BATCH_BYTES_MAX: Final = 256 * 1024
_LAST_WORD_S: Final = 1.0


class Session:
    """State of one socket; everything runs on the event loop's thread."""

    __slots__ = (
        "_handlers",
        "_wrong_channels",
        "actor",
        "answers",
        "batch",
        "channels",
        "closed",
        "dirty",
        "hub",
        "in_flight",
        "lagging",
        "orders",
        "out",
        "principal",
        "reader",
        "skipped",
        "wire",
    )

    def __init__(self, *, hub: Hub, wire: Wire, actor: Actor, principal: Principal, at_ns: int) -> None:
        from trading.sockets.desk import OrderDesk

        self.hub = hub
        self.wire = wire
        self.actor = actor
        self.principal = principal
        self.reader = Reader(at_ns=at_ns)
        self.batch = False
        self.closed = False
        self.dirty = False
        self.lagging = False
        self.in_flight = 0
        self.answers: list[bytes] = []
        self.out: list[bytes] = []
        self.skipped: set[str] = set()
        self.channels: dict[str, ChannelName] = {}
        self._wrong_channels = 0
        self.orders = OrderDesk(self)
        self._handlers: dict[type, Callable[[Any], None]] = {
            ops.OrderNew: self.orders.place,
            ops.OrderCancel: self.orders.cancel,
            ops.OrderReplace: self.orders.replace,
            ops.OrdersCancelAll: self.orders.cancel_all,
            ops.OrdersCancelAfter: self.orders.cancel_after,
            ops.StatementConfirm: self.orders.confirm_statement,
            ops.Seen: self._seen,
            ops.Subscribe: self._subscribe,
            ops.Unsubscribe: self._unsubscribe,
            ops.Resync: self._resync,
            ops.Options: self._options,
            ops.Ping: self._ping,
            ops.BadOp: self._bad,
        }

    # -- life

    def hello(self) -> None:
        """Send the first frame."""
        hub, actor, rates = self.hub, self.actor, self.principal.rates
        accounts = sorted(actor.account_ids) if actor.account_ids is not None else []
        self.push(
            frames.encode(
                {
                    "type": "hello",
                    "version": "v1",
                    "trading_day": day_text(hub.trading_day) if hub.trading_day else None,
                    "server_ns": time.time_ns(),
                    "accounts": accounts,
                    "all_accounts": actor.account_ids is None,
                    "trading": hub.trading,
                    "cancel_on_disconnect_s": actor.cancel_on_disconnect_s,
                    "limits": {
                        "orders_per_s": rates.orders.per_s,
                        "cancels_per_s": rates.cancels.per_s,
                        "queries_per_s": rates.queries.per_s,
                        "in_flight": hub.in_flight_max,
                        "frame_bytes": FRAME_BYTES_MAX,
                        "channels": CHANNELS_MAX,
                        "unseen_frames": 1000,
                    },
                }
            )
        )

    def received(self, data: bytes) -> None:
        """Take one message of the client."""
        if self.closed:
            return
        if len(data) > FRAME_BYTES_MAX:
            self.close(frames.TOO_LARGE)
            return
        handlers = self._handlers
        for op in ops.parse(data):
            handlers[type(op)](op)
            if self.closed:
                return

    def close(self, code: int) -> None:
        """End the socket from our side."""
        if self.closed:
            return
        self.flush()
        self.closed = True
        self.wire.close(code)
        self.hub.left(self)

    def cut(self) -> None:
        """End the socket of a reader who is gone: it may still read the code, but nobody waits long for that."""
        if self.closed:
            return
        self.closed = True
        self.wire.close(frames.TOO_SLOW)
        self.hub.later(_LAST_WORD_S, self.wire.abort)
        self.hub.left(self)

    def lost(self) -> None:
        """The client has gone."""
        if not self.closed:
            self.closed = True
            self.hub.left(self)

    # -- frames out

    def push(self, frame: bytes) -> None:
        """Queue news."""
        self.out.append(frame)
        if not self.dirty:
            self.hub.mark(self)

    def answer(self, frame: bytes) -> None:
        """Queue an answer; answers leave before the news of the same turn."""
        self.answers.append(frame)
        if not self.dirty:
            self.hub.mark(self)

    def skip(self, channel: str) -> None:
        """Note that a market frame was left out; a snapshot follows once a second, and when the reader is back."""
        self.skipped.add(channel)

    def flush(self) -> None:
        """Hand everything queued to the wire."""
        self.dirty = False
        if self.closed:
            return
        leaving = self.answers
        if self.out:
            leaving = leaving + self.out if leaving else self.out
            self.out = []
        self.answers = []
        if not leaving:
            return
        reader = self.reader
        reader.sent(frames=len(leaving), length=sum(map(len, leaving)))
        if reader.ping_due(at_ns=self.hub.now_ns()):
            leaving = [*leaving, reader.ping(at_ns=self.hub.now_ns())]
        self.wire.write(leaving if not self.batch or len(leaving) == 1 else _batches(leaving))

    def watch_over(self, *, at_ns: int) -> None:
        """A few times a second: ping, judge the reader, make up for what a lagging one missed."""
        reader = self.reader
        if reader.ping_due(at_ns=at_ns):
            self.wire.write([reader.ping(at_ns=at_ns)])
        verdict = reader.verdict(at_ns=at_ns)
        if verdict is Verdict.GONE:
            self.cut()
            return
        was_lagging, self.lagging = self.lagging, verdict is Verdict.LAGGING
        if was_lagging and not self.lagging:
            self.catch_up()

    def catch_up(self) -> None:
        """Send snapshots of the market channels that were left out."""
        skipped, self.skipped = self.skipped, set()
        for name in skipped:
            channel = self.channels.get(name)
            if channel is not None:
                self.hub.send_snapshot(self, channel)

    # -- requests

    def take(self, bucket: Bucket, identity: ops.RequestId) -> bool:
        """Take a token, or answer `rate_limited`; who goes on regardless is cut off."""
        wait_ns = bucket.take(self.hub.now_ns())
        if not wait_ns:
            return True
        if bucket.abused:
            self.close(frames.RATE)
        else:
            self.refuse(identity, "rate_limited", figures={"retry_after_ms": 1 + wait_ns // 1_000_000})
        return False

    def refuse(
        self,
        identity: ops.RequestId,
        code: str,
        *,
        figures: dict[str, object] | None = None,
        pointer: str | None = None,
        detail: str | None = None,
    ) -> None:
        """Answer that a request was not carried out."""
        language = self.actor.language
        text = self.hub.sentence(detail, language) if detail else self.hub.detail(code, figures or {}, language)
        self.answer(frames.refused(identity, code=code, detail=text, figures=figures, pointer=pointer))

    def _bad(self, op: ops.BadOp) -> None:
        if self.take(self.principal.queries, op.id):
            self.answer(frames.refused(op.id, code=op.code, detail=op.detail, pointer=op.pointer))

    def _ping(self, op: ops.Ping) -> None:
        if self.take(self.principal.queries, op.id):
            self.answer(frames.done(op.id, server_ns=time.time_ns()))

    def _seen(self, op: ops.Seen) -> None:
        if not self.reader.seen(op.seq):
            self.refuse(op.id, "invalid_field", pointer="/seq", detail="more frames than were sent")
        elif self.lagging:
            self.watch_over(at_ns=self.hub.now_ns())

    def _options(self, op: ops.Options) -> None:
        if op.batch is not None:
            self.batch = op.batch
        self.answer(frames.done(op.id, batch=self.batch))

    def _subscribe(self, op: ops.Subscribe) -> None:
        if not self.take(self.principal.queries, op.id):
            return
        wanted: list[ChannelName] = []
        for position, text in enumerate(op.channels):
            channel = parse_channel(text, contracts=self.hub.contracts)
            if channel is None or not self._may_follow(channel):
                self._wrong_channel(op.id, pointer=f"/channels/{position}")
                return
            wanted.append(channel)
        if len(self.channels.keys() | {channel.name for channel in wanted}) > CHANNELS_MAX:
            self.refuse(op.id, "too_many_channels", figures={"limit": CHANNELS_MAX}, pointer="/channels")
            return
        self.answer(frames.done(op.id))
        for channel in wanted:
            if channel.name not in self.channels:
                self.channels[channel.name] = channel
                self.hub.join(self, channel, since=op.since.get(channel.text, op.since.get(channel.name)))

    def _unsubscribe(self, op: ops.Unsubscribe) -> None:
        if not self.take(self.principal.queries, op.id):
            return
        for text in op.channels:
            channel = parse_channel(text, contracts=self.hub.contracts)
            if channel is not None and self.channels.pop(channel.name, None) is not None:
                self.hub.leave(self, channel)
        self.answer(frames.done(op.id))

    def _resync(self, op: ops.Resync) -> None:
        if not self.take(self.principal.queries, op.id):
            return
        channel = parse_channel(op.ch, contracts=self.hub.contracts)
        if channel is None or channel.name not in self.channels:
            self._wrong_channel(op.id, pointer="/ch")
            return
        self.answer(frames.done(op.id))
        self.hub.send_snapshot(self, channel)

    def _may_follow(self, channel: ChannelName) -> bool:
        if channel.kind == "notice":
            return self.hub.notices.may_follow(channel.name, self.actor)
        if channel.kind != "account":
            return True
        return self.actor.has(Right.TRADE_VIEW) and self.actor.can_see(channel.number)

    def _wrong_channel(self, identity: ops.RequestId, *, pointer: str) -> None:
        # A foreign account is answered exactly like one that does not exist; probing many ends the socket.
        self._wrong_channels += 1
        if self._wrong_channels > WRONG_CHANNELS_MAX:
            self.close(frames.CHANNEL)
        else:
            self.refuse(identity, "channel_not_found", pointer=pointer)


def _batches(leaving: list[bytes]) -> list[bytes]:
    """Join frames into JSON arrays, none larger than a bound."""
    joined: list[bytes] = []
    part: list[bytes] = []
    size = 0
    for frame in leaving:
        if part and size + len(frame) > _BATCH_BYTES_MAX:
            joined.append(b"[" + b",".join(part) + b"]")
            part, size = [], 0
        part.append(frame)
        size += len(frame)
    joined.append(b"[" + b",".join(part) + b"]")
    return joined
