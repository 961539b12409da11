"""The sequencer with a journal that the test holds in its hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.core.conftest import order
from trading.core import order_steps, protocol
from trading.core.journal import EMPTY_HEAD, Row, check_row, decode_batch
from trading.core.publisher import Publisher
from trading.core.rig.market import FIRST_ACCOUNT_ID, MIDDLE_TICKS, opening_commands
from trading.core.scheduler import CoreClock, DiskWatch
from trading.core.sequencer import Question, Sequencer, Submitted
from trading.engine.commands import CancelOrder, Command
from trading.engine.events import CommandRefused, OrderAccepted, OrderCanceled, OrderRepeated
from trading.engine.machine import Machine
from trading.engine.types import SELL

COMMITTED = msgspec.msgpack.Decoder(protocol.Committed)


class FakeLink:
    """Collects what would be sent."""

    def __init__(self, *, role: int = protocol.DOOR) -> None:
        self.role = role
        self.market = True
        self.watched: set[int] = set()
        self.books: set[int] = set()
        self.sent: list[tuple[int, bytes]] = []

    def send(self, kind: int, body: bytes, *, stamp_ns: int) -> None:
        self.sent.append((kind, body))

    def send_committed(self, body: bytes, *, stamp_ns: int) -> None:
        self.send(protocol.COMMITTED, body, stamp_ns=stamp_ns)

    def take(self) -> list[protocol.Committed]:
        found = [COMMITTED.decode(body) for kind, body in self.sent if kind == protocol.COMMITTED]
        self.sent.clear()
        return found


class Bench:
    """A sequencer whose commits return when the test says so."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.fatal: list[str] = []
        self.disk = DiskWatch(Path("/"))
        self.publisher = Publisher()
        self.link = FakeLink()
        self.publisher.add(self.link)  # type: ignore[arg-type]
        self.sequencer = Sequencer(
            machine=Machine(),
            head=EMPTY_HEAD,
            clock=CoreClock(last_at_ns=0, last_market_ns=0),
            epoch=1,
            disk=self.disk,
            publisher=self.publisher,
            append=self.rows.append,
            fatal=self.fatal.append,
            after_commit=lambda batch, seconds: None,
        )
        self.sequencer.open()
        self._next_id = 1

    def submit(self, *commands: Command, link: Any = None) -> str:
        first_id, self._next_id = self._next_id, self._next_id + len(commands)
        return self.sequencer.submit(Submitted(link or self.link, first_id, list(commands), 5))

    def turn(self) -> None:
        self.sequencer._turn()

    def execute(self, *commands: Command) -> list[protocol.Committed]:
        self.submit(*commands)
        self.turn()
        if self.sequencer.in_flight is not None:
            self.sequencer.committed()
        return self.link.take()


@pytest.fixture
async def bench() -> Bench:
    made = Bench()
    made.execute(*opening_commands(accounts=2, tenants=1))
    made.rows.clear()
    return made


pytestmark = pytest.mark.asyncio


async def test_lets_nothing_leave_before_the_commit_returns(bench: Bench) -> None:
    bench.submit(order("a-1"))
    bench.turn()
    assert len(bench.rows) == 1
    assert bench.link.sent == []
    bench.sequencer.committed()
    (frame,) = bench.link.take()
    assert [(answer.seq, type(answer.event)) for answer in frame.answers] == [(7, OrderAccepted)]


async def test_gathers_behind_a_running_commit_and_appends_all_of_it_as_one_row(bench: Bench) -> None:
    bench.submit(order("a-1"))
    bench.submit(order("a-2"))
    bench.submit(order("a-3"), order("a-4"))
    assert bench.sequencer.machine.seq == 10
    assert [(row.first_seq, row.last_seq) for row in bench.rows] == [(7, 7)]
    bench.sequencer.committed()
    assert [(row.first_seq, row.last_seq) for row in bench.rows] == [(7, 7), (8, 10)]
    check_row(bench.rows[1], previous=bench.sequencer.head)


async def test_what_gathered_is_told_only_after_its_own_commit(bench: Bench) -> None:
    bench.submit(order("a-1"))
    bench.submit(order("a-2"))
    bench.sequencer.committed()
    (frame,) = bench.link.take()
    assert [answer.seq for answer in frame.answers] == [7]
    bench.sequencer.committed()
    (frame,) = bench.link.take()
    assert [answer.seq for answer in frame.answers] == [8]


async def test_a_repeat_of_what_is_in_flight_waits_for_its_commit(bench: Bench) -> None:
    bench.submit(order("a-1"))
    bench.submit(order("a-1"))
    assert bench.link.take() == []
    bench.sequencer.committed()
    told = [answer for frame in bench.link.take() for answer in frame.answers]
    assert sorted(type(answer.event).__name__ for answer in told) == ["OrderAccepted", "OrderRepeated"]
    assert bench.sequencer.in_flight is None
    assert len(bench.rows) == 1


async def test_gathers_nothing_behind_a_slow_commit(bench: Bench) -> None:
    bench.submit(order("a-1"))
    assert bench.sequencer.in_flight is not None
    bench.sequencer.in_flight.started_s -= 1.0
    bench.submit(order("a-2"))
    waiting = bench.sequencer.close("journal_lost")
    assert [submitted.commands for submitted in waiting] == [[order("a-2")]]
    assert bench.sequencer.machine.seq == 7


async def test_gathers_nothing_once_a_settled_state_is_wanted(bench: Bench) -> None:
    bench.submit(order("a-1"))
    bench.submit(order("a-2"))
    bench.sequencer.settle_soon()
    bench.submit(order("a-3"))
    bench.sequencer.committed()
    assert not bench.sequencer.settled
    bench.submit(order("a-4"))
    settled: list[int] = []
    bench.sequencer._after_commit = lambda *_: settled.append(bench.sequencer.machine.seq * bench.sequencer.settled)
    bench.sequencer.committed()
    assert settled == [8]
    assert [(row.first_seq, row.last_seq) for row in bench.rows] == [(7, 7), (8, 8), (9, 10)]


async def test_asks_only_committed_state(bench: Bench) -> None:
    seen: list[int] = []
    question = Question(answer=lambda: seen.append(bench.sequencer.machine.seq), refuse=lambda: seen.append(-1))
    bench.submit(order("a-1"))
    bench.turn()
    bench.sequencer.ask(question)
    bench.turn()
    assert seen == []
    bench.submit(order("a-2"))
    bench.sequencer.committed()
    assert seen == [7]


async def test_gives_a_repeat_the_first_answer_and_no_number(bench: Bench) -> None:
    bench.execute(order("a-1"))
    rows = len(bench.rows)
    (frame,) = bench.execute(order("a-1"))
    assert len(bench.rows) == rows
    (answer,) = frame.answers
    assert isinstance(answer.event, OrderRepeated)
    assert (answer.seq, answer.event.code, answer.order is not None) == (7, "", True)
    (frame,) = bench.execute(order("a-2"))
    assert frame.answers[0].seq == 8


async def test_answers_a_repeat_inside_the_first_ones_batch_after_its_commit(bench: Bench) -> None:
    bench.submit(order("a-1"), order("a-1"))
    bench.turn()
    assert bench.link.sent == []
    bench.sequencer.committed()
    (frame,) = bench.link.take()
    assert [(answer.seq, type(answer.event)) for answer in frame.answers] == [(7, OrderAccepted), (7, OrderRepeated)]
    assert [(row.first_seq, row.last_seq) for row in bench.rows] == [(7, 7)]


async def test_refuses_new_orders_on_a_full_disk_without_journaling_and_still_cancels(bench: Bench) -> None:
    (frame,) = bench.execute(order("a-1"))
    order_id = frame.answers[0].event.order_id
    bench.disk.full, bench.disk.used_pct = True, 96
    rows = len(bench.rows)
    (frame,) = bench.execute(order("a-2"))
    event = frame.answers[0].event
    assert isinstance(event, CommandRefused)
    assert (event.code, event.figures, event.account_id) == ("disk_full", {"used_pct": 96}, FIRST_ACCOUNT_ID)
    assert len(bench.rows) == rows
    (frame,) = bench.execute(CancelOrder(1, FIRST_ACCOUNT_ID, order_id, "", "u1"))
    assert isinstance(frame.answers[0].event, OrderCanceled)
    assert len(bench.rows) == rows + 1


async def test_sends_one_frame_a_link_a_commit_with_answers_events_trades_and_depth(bench: Bench) -> None:
    watcher = FakeLink()
    bench.publisher.add(watcher)  # type: ignore[arg-type]
    bench.publisher.watch(watcher, [FIRST_ACCOUNT_ID])  # type: ignore[arg-type]
    bench.submit(order("a-1"), order("b-1", account=1, side=SELL, qty=3))
    bench.turn()
    bench.sequencer.committed()
    (own,) = bench.link.take()
    (news,) = watcher.take()
    assert len(own.answers) == 2
    assert news.answers == []
    assert own.delivery is not None
    assert own.delivery.private == []
    assert news.delivery is not None
    assert [(seq, type(event).__name__) for seq, _, _, event in news.delivery.private] == [
        (7, "OrderAccepted"),
        (8, "Trade"),
    ]
    assert [(trade.seq, trade.qty, trade.price_ticks) for trade in news.delivery.trades] == [(8, 1, MIDDLE_TICKS)]
    assert [(frame.seq, frame.bids, frame.asks) for frame in news.delivery.depth] == [(8, [], [(MIDDLE_TICKS, 2)])]


async def test_tells_books_order_by_order_after_the_answers_and_only_to_those_who_listen(bench: Bench) -> None:
    listener = FakeLink()
    bench.publisher.add(listener)  # type: ignore[arg-type]
    bench.publisher.watch_books(listener, [1], add=True)  # type: ignore[arg-type]
    bench.publisher.watch_books(bench.link, [99], add=True)  # type: ignore[arg-type]
    bench.submit(order("a-1"), order("b-1", account=1, side=SELL, qty=3), link=listener)
    assert listener.sent == []
    bench.submit(order("a-2"), link=listener)  # gathers behind the commit
    bench.sequencer.committed()
    assert [kind for kind, _body in listener.sent] == [protocol.COMMITTED, protocol.STEPS]
    bench.sequencer.committed()
    frames = [msgspec.msgpack.decode(body, type=protocol.StepsFrame) for kind, body in listener.sent if kind == 28]
    first, second = ([(step.seq, step.kind, step.qty) for step in frame.steps] for frame in frames)
    assert first == [(7, order_steps.ENTERS, 1), (8, order_steps.ENTERS, 3), (8, order_steps.TRADES, 1)]
    assert [seq for seq, _kind, _qty in second] == [9, 9]
    assert {kind for kind, _body in bench.link.sent} <= {protocol.COMMITTED}
    bench.publisher.watch_books(listener, [1], add=False)  # type: ignore[arg-type]
    listener.sent.clear()
    bench.execute(order("a-3"))
    assert protocol.STEPS not in {kind for kind, _body in listener.sent}
    assert not bench.publisher.books_due


async def test_gives_a_follower_the_journaled_bytes_after_the_commit(bench: Bench) -> None:
    follower = FakeLink(role=protocol.FOLLOWER)
    bench.publisher.add(follower)  # type: ignore[arg-type]
    bench.submit(order("a-1"))
    bench.turn()
    assert follower.sent == []
    bench.sequencer.committed()
    ((kind, body),) = follower.sent
    frame = msgspec.msgpack.decode(body, type=protocol.BatchFrame)
    assert (kind, frame.payload) == (protocol.BATCH, bench.rows[0].payload)
    batch = decode_batch(first_seq=7, last_seq=7, epoch=1, payload=frame.payload, committed_ns=1)
    assert [(record.seq, record.command) for record in batch.records] == [(7, order("a-1"))]


async def test_gives_back_what_waits_when_it_closes(bench: Bench) -> None:
    bench.submit(order("a-1"))
    bench.submit(order("a-2"))
    bench.sequencer.settle_soon()
    bench.submit(order("a-3"))
    waiting = bench.sequencer.close("stopping")
    assert [submitted.commands for submitted in waiting] == [[order("a-3")]]
    assert bench.submit(order("a-4")) == "stopping"
    assert [len(batch.records) for batch in bench.sequencer.unanswered()] == [1, 1]
    bench.sequencer.committed()
    bench.sequencer.committed()
    assert bench.sequencer.unanswered() == []
    assert [(row.first_seq, row.last_seq) for row in bench.rows] == [(7, 7), (8, 8)]
    assert bench.sequencer.machine.seq == 8


async def test_stops_when_the_engine_raises(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list[object]:
        raise ValueError("a bug")

    monkeypatch.setattr(bench.sequencer, "apply", broken)
    bench.submit(order("a-1"))
    bench.turn()
    assert bench.fatal == ["applying a batch failed: ValueError('a bug')"]
    assert bench.rows == []
    assert bench.link.sent == []


async def test_bounds_what_may_wait(bench: Bench) -> None:
    from trading.core import sequencer

    bench.submit(order("a-0"))
    bench.sequencer.settle_soon()
    many = [order("a-1")] * (sequencer.WAITING_COMMANDS_MAX - 1)
    assert bench.submit(*many) == ""
    assert bench.submit(order("a-2"), order("a-3")) == "too many commands are waiting"


async def test_leaves_no_cycles_behind_so_that_the_collector_may_stay_off(bench: Bench) -> None:
    import gc

    from trading.core.rig.market import OrderFlow

    flow = OrderFlow(seed=3, accounts=2, tenants=1, prefix="c")

    def work(batches: int) -> None:
        for _ in range(batches):
            bench.execute(*(flow.next() for _ in range(50)))

    work(5)
    left = []
    for _ in range(3):  # threads of the tests before may drop cycles of their own meanwhile, but hardly three times
        gc.collect()
        gc.disable()
        try:
            work(20)
            left.append(gc.collect())
        finally:
            gc.enable()
    assert min(left) < 50
