"""A client of the channel `orders.<symbol>`, written from `portal/docs/api.md` alone; it knows nothing of the house."""

from __future__ import annotations

from typing import Any

Line = list[list[Any]]  # [order, qty], the next to trade first


class OrderBookClient:
    """One book. `resyncs` counts the gaps met, `prints` keeps the trades."""

    def __init__(self, symbol: str) -> None:
        self.channel = f"orders.{symbol}"
        self.seq: int | None = None
        self.phase = ""
        self.sides: dict[str, dict[str, Line]] = {"buy": {}, "sell": {}}
        self.prints: list[dict[str, Any]] = []
        self.snapshots = self.deltas = self.resyncs = 0
        self._where: dict[str, tuple[str, str]] = {}

    def take(self, frame: dict[str, Any]) -> dict[str, Any] | None:
        """Take a frame; returns the request to send when something was missed."""
        if frame.get("ch") != self.channel:
            return None
        if frame["type"] == "snapshot":
            self._replace(frame)
            return None
        if self.seq is None or frame["seq"] <= self.seq:
            return None
        if frame["prev"] > self.seq:
            self.seq = None
            self.resyncs += 1
            return {"op": "resync", "ch": self.channel}
        self.deltas += 1
        self.seq = frame["seq"]
        for message in frame["data"]["messages"]:
            self._apply(message)
        return None

    def book(self) -> dict[str, list[tuple[str, list[tuple[str, int]]]]]:
        """Return both sides, the best price first."""
        return {
            side: [
                (price, [(order, qty) for order, qty in self.sides[side][price]])
                for price in sorted(self.sides[side], key=float, reverse=side == "buy")
            ]
            for side in ("buy", "sell")
        }

    def _replace(self, frame: dict[str, Any]) -> None:
        self.snapshots += 1
        self.seq, self.phase = frame["seq"], frame["data"]["phase"]
        self.sides, self._where = {"buy": {}, "sell": {}}, {}
        for side, name in (("buy", "bids"), ("sell", "asks")):
            for price, orders in frame["data"][name]:
                for order, qty in orders:
                    self._add(order, side, price, qty)

    def _apply(self, message: dict[str, Any]) -> None:
        kind = message["m"]
        if kind == "add":
            self._add(message["order"], message["side"], message["price"], message["qty"])
        elif kind == "change":
            self._set(message["order"], message["qty"])
        elif kind == "execute":
            self._set(message["order"], message["left"])
        elif kind == "delete":
            self._set(message["order"], 0)
        elif kind == "trade":
            self.prints.append(message)
        elif kind == "phase":
            self.phase = message["phase"]
        else:
            raise ValueError(f"the page does not know {kind}")

    def _add(self, order: str, side: str, price: str, qty: int) -> None:
        self.sides[side].setdefault(price, []).append([order, qty])
        self._where[order] = (side, price)

    def _set(self, order: str, qty: int) -> None:
        side, price = self._where[order]
        line = self.sides[side][price]
        entry = next(each for each in line if each[0] == order)
        entry[1] = qty
        if qty == 0:
            line.remove(entry)
            del self._where[order]
            if not line:
                del self.sides[side][price]
