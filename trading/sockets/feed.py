"""One account's private stream in one web process, shared by every socket that follows it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from trading.engine.all_events import AnyEvent
from trading.engine.events import AccountSettled
from trading.engine.views import AccountView
from trading.shapes.contracts import Contracts
from trading.shapes.stream import AccountStream, LastPrices, UnknownOrderError

if TYPE_CHECKING:
    from collections.abc import Callable

    from trading.sockets.session import Session

RING_FRAMES: Final = 64
REPLAY_FRAMES_MAX: Final = 10_000
PENDING_FRAMES_MAX: Final = 20_000
BACKLOG_EVENTS_MAX: Final = 50_000

Row = tuple[int, int, int, AnyEvent]


class Follow:
    """One socket's place in the stream. `pending` holds live frames while older ones are fetched."""

    __slots__ = ("pending", "session", "since", "through")

    def __init__(self, session: Session, *, since: int | None) -> None:
        self.session = session
        self.since = since
        self.through = 0
        self.pending: list[bytes] | None = None


class AccountFeed:
    """The picture of the account, the last frames, and who follows.

    States: loading (`ready` False: events wait in the backlog), ready. A gap or an event that does not fit the
    picture sends the feed back to loading; followers then get a fresh snapshot, never a wrong one.
    """

    def __init__(
        self,
        *,
        tenant_id: int,
        account_id: int,
        contracts: Contracts,
        trading_day: int,
        reload: Callable[[AccountFeed], None],
    ) -> None:
        self.stream = AccountStream(
            tenant_id=tenant_id, account_id=account_id, contracts=contracts, trading_day=trading_day
        )
        self.account_id = account_id
        self.tenant_id = tenant_id
        self.ready = False
        self.generation = 0
        self.idle_since_ns = 0
        self.follows: dict[Session, Follow] = {}
        self._backlog: list[tuple[Row, int]] = []
        self._ring: deque[bytes] = deque(maxlen=RING_FRAMES)
        self._reload = reload

    def begin_loading(self) -> int:
        """Forget the picture; events wait until `loaded`. Returns the generation that the load belongs to."""
        self.ready = False
        self.generation += 1
        self._backlog.clear()
        self._ring.clear()
        return self.generation

    def loaded(self, view: AccountView, *, trading_day: int, acked_ns: int) -> None:
        """Take over the core's picture and fold in what was heard since it was taken."""
        self.stream.trading_day = trading_day
        self.stream.load(view)
        self.ready = True
        backlog, self._backlog = self._backlog, []
        for row, account_seq in backlog:
            self.deliver(row, account_seq, acked_ns, trading_day)
            if not self.ready:
                return

    # By position: this is called for each event of each account that somebody follows.
    def deliver(self, row: Row, account_seq: int, acked_ns: int, new_day: int) -> None:
        """Take one private event: fold it in and hand its frame to the followers."""
        stream = self.stream
        if not self.ready or account_seq != stream.account_seq + 1:
            self._out_of_turn(row, account_seq)
            return
        seq, at_ns, _market_ns, event = row
        try:
            frame = stream.apply(event, seq, at_ns, acked_ns)
        except (UnknownOrderError, KeyError):
            self._reload(self)
            return
        if frame is None:
            return
        if type(event) is AccountSettled:
            stream.trading_day = new_day
        self._ring.append(frame)
        for follow in self.follows.values():
            if follow.pending is None:
                follow.session.push(frame)
            else:
                follow.pending.append(frame)

    def _out_of_turn(self, row: Row, account_seq: int) -> None:
        """Keep what comes while the picture is loaded, leave out what is in it, begin anew after a gap."""
        if not self.ready and len(self._backlog) < BACKLOG_EVENTS_MAX:
            self._backlog.append((row, account_seq))
        elif not self.ready or account_seq > self.stream.account_seq:
            self._reload(self)

    def ring_after(self, since: int) -> list[bytes] | None:
        """Return the frames above a number when the ring still holds all of them."""
        missing = self.stream.account_seq - since
        if missing == 0:
            return []
        # The ring ends with the frame of the picture's own number, and numbers have no gap.
        return list(self._ring)[-missing:] if 0 < missing <= len(self._ring) else None

    def snapshot(self, *, at_ns: int, last_price: LastPrices) -> bytes:
        """Return the whole picture as a frame."""
        return self.stream.snapshot(at_ns=at_ns, last_price=last_price)
