"""Market depth as frames: a full picture, and the levels that changed since the last one."""

from __future__ import annotations

from trading.shapes.contracts import Contract

Levels = list[tuple[int, int]]


def changed_levels(before: Levels, after: Levels) -> Levels:
    """Return the levels that differ, quantity 0 for those that left the picture."""
    old, new = dict(before), dict(after)
    changed = [(price, qty) for price, qty in after if old.get(price) != qty]
    changed.extend((price, 0) for price, _qty in before if price not in new)
    return changed


def levels_json(levels: Levels, contract: Contract) -> str:
    """Return levels as JSON text: [["780.02",3],…]."""
    price = contract.price
    return "[" + ",".join([f'["{price(ticks)}",{qty}]' for ticks, qty in levels]) + "]"


class DepthPicture:
    """The last depth of one contract with its frames, each encoded once however many watch."""

    __slots__ = ("_contract", "_full", "_full5", "asks", "bids", "prev", "seq", "ts_ns")

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self.bids: Levels = []
        self.asks: Levels = []
        self.seq = 0
        self.prev = 0
        self.ts_ns = 0
        self._full: bytes | None = None
        self._full5: bytes | None = None

    def put(self, *, seq: int, bids: Levels, asks: Levels, ts_ns: int) -> bytes | None:
        """Take a newer depth and return the delta frame; None when nothing visible changed."""
        bids_changed = changed_levels(self.bids, bids)
        asks_changed = changed_levels(self.asks, asks)
        if not bids_changed and not asks_changed and self.seq:
            return None
        self.bids, self.asks = bids, asks
        self.prev, self.seq, self.ts_ns = self.seq, seq, ts_ns
        self._full = self._full5 = None
        contract = self._contract
        return (
            f'{{"ch":"book.{contract.symbol}","seq":{seq},"prev":{self.prev},"type":"delta","ts_ns":{ts_ns},'
            f'"data":{{"bids":{levels_json(bids_changed, contract)},"asks":{levels_json(asks_changed, contract)}}}}}'
        ).encode()

    def full(self) -> bytes:
        """Return the whole picture as a `book` snapshot frame."""
        if self._full is None:
            self._full = self._snapshot("book", 20)
        return self._full

    def full5(self) -> bytes:
        """Return the best five levels as a `book5` frame, always complete."""
        if self._full5 is None:
            self._full5 = self._snapshot("book5", 5)
        return self._full5

    def _snapshot(self, channel: str, levels: int) -> bytes:
        contract = self._contract
        return (
            f'{{"ch":"{channel}.{contract.symbol}","seq":{self.seq},"prev":null,"type":"snapshot",'
            f'"ts_ns":{self.ts_ns},"data":{{"bids":{levels_json(self.bids[:levels], contract)},'
            f'"asks":{levels_json(self.asks[:levels], contract)}}}}}'
        ).encode()
