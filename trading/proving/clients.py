"""The clients of a simulated core: they remember what they asked, what they were told, and ask again after a death."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from trading.core import protocol
from trading.core.journal import Head
from trading.engine import events as ev
from trading.engine.commands import MoveCash, PlaceOrder

from .auditor import Auditor, must
from .onlooker import Onlooker

_decode: Final = msgspec.msgpack.Decoder(protocol.Committed).decode


class Clients:
    """All clients behind one link, as the sequencer and the publisher see a link."""

    role = protocol.DOOR
    market = False

    def __init__(self, auditor: Auditor, journal_head: Any) -> None:
        self.auditor = auditor
        self._journal_head = journal_head  # a function: what is durable at this moment
        self.watched: set[int] = set()
        self.books: set[int] = set()
        self.onlooker = Onlooker()
        self.next_id = 1
        self.asked: dict[int, Any] = {}
        self.answered: list[tuple[int, Any, protocol.Answer]] = []
        self.last_seq: dict[int, int] = {}  # by account: its last private event told

    def ask(self, command: Any) -> int:
        """Remember a command that is about to be sent; gives its request's number."""
        number, self.next_id = self.next_id, self.next_id + 1
        self.asked[number] = command
        return number

    def forget_unanswered(self) -> list[Any]:
        """The core died: what may be asked again under the same name."""
        lost = list(self.asked.values())
        self.asked.clear()
        self.answered.clear()
        return [command for command in lost if isinstance(command, PlaceOrder | MoveCash)]

    def connected(self) -> None:
        """After a reconnect the private streams go on from the state as it was read."""
        self.last_seq = dict(self.auditor.account_seq)

    # -- as a link

    def send(self, kind: int, body: bytes, *, stamp_ns: int) -> None:
        """A frame leaves the core."""
        if kind == protocol.COMMITTED:
            self.send_committed(body, stamp_ns=stamp_ns)
        elif kind == protocol.STEPS:
            self.onlooker.told(body)

    def send_committed(self, body: bytes, *, stamp_ns: int) -> None:
        """J4: answers and news leave only when what they tell is durable."""
        head: Head = self._journal_head()
        frame = _decode(body)
        for answer in frame.answers:
            command = self.asked.pop(answer.request_id, None)
            must(command is not None, "D1 an answer to nobody:", answer.request_id)
            must(answer.seq <= head.seq, "J4 answered before the commit: number", answer.seq, "journal", head.seq)
            self.answered.append((answer.request_id, command, answer))
        if frame.delivery is not None:
            for seq, _at_ns, _market_ns, event in frame.delivery.private:
                must(seq <= head.seq, "J4 told before the commit: number", seq, "journal", head.seq)
                self._told(event)

    def _told(self, event: Any) -> None:
        legs = (event.maker, event.taker) if isinstance(event, ev.Trade) else (event,)
        for leg in legs:
            if leg.account_id in self.watched and hasattr(leg, "account_seq"):
                before = self.last_seq.get(leg.account_id, 0)
                must(leg.account_seq == before + 1, "D1 account", leg.account_id, "was told", leg.account_seq)
                self.last_seq[leg.account_id] = leg.account_seq

    # -- what the answers must be

    def check_answers(self) -> None:
        """O1, O2, O7: every answer is what the journal says, once the journal was read so far."""
        answered, self.answered = self.answered, []
        for _number, command, answer in answered:
            if isinstance(answer.event, ev.OrderRepeated):
                self._check_repeat(command, answer)
            elif answer.at_ns:
                journaled = self.auditor.outcomes[answer.seq]
                must(journaled == answer.event, "O1 number", answer.seq, "was answered otherwise than journaled")

    def _check_repeat(self, command: PlaceOrder, answer: protocol.Answer) -> None:
        key = (command.account_id, command.trading_day, command.client_order_id)
        filed = self.auditor.filed.get(key)
        if filed is None:
            must(command.client_order_id.count(".") > 0, "O2 a repeat of nothing:", key)
            return
        seq, order_id, first, code = filed
        same = msgspec.structs.replace(first, actor=command.actor) == command
        event: Any = answer.event
        expected = (order_id, seq, code if same else "duplicate_client_order_id")
        must((event.order_id, event.seq, event.code) == expected, "O2 repeat of", key, "was answered", event)
