"""The exchanges of `make bench-engine`: ours with all its order rules, and two from the package index.

Each takes the same messages, one call a message, and reports its fills; those are counted, with their lots and their
turnover, and must be equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from tests.benchmarks.engine_bench_list import CANCEL, CHANGE, LIMIT_ORDER, MARKET_ORDER, Message
from tests.benchmarks.engine_bench_ours import Fill, Ours
from trading.engine.types import BUY, DAY, IOC, LIMIT, MARKET

_SYMBOL: Final = "SHFE.au2612"


class OurRun:
    """Our exchange, driven by messages."""

    def __init__(self) -> None:
        self._exchange = Ours()

    def run(self, messages: Iterable[Message]) -> list[list[Fill]]:
        """Run messages; gives the reports of fills."""
        place, cancel, change = self._exchange.place, self._exchange.cancel, self._exchange.change
        reports: list[list[Fill]] = []
        report = reports.append
        for kind, number, side, qty, price_ticks, account, _closes in messages:
            if kind == LIMIT_ORDER:
                if fills := place(number, side, LIMIT, DAY, qty, price_ticks, account):
                    report(fills)
            elif kind == CANCEL:
                cancel(number)
            elif kind == CHANGE:
                if fills := change(number, price_ticks):
                    report(fills)
            elif fills := place(number, side, MARKET, IOC, qty, 0, account):
                report(fills)
        return reports


class LightMatchingEngineRun:
    """lightmatchingengine; it knows no change, so that is a cancel and a new order."""

    def __init__(self) -> None:
        from lightmatchingengine.lightmatchingengine import LightMatchingEngine

        self._engine = LightMatchingEngine()
        self._entered: dict[int, Any] = {}

    def run(self, messages: Iterable[Message]) -> list[Any]:
        """Run messages; gives the reports of fills."""
        add, cancel, entered = self._engine.add_order, self._engine.cancel_order, self._entered
        reports: list[Any] = []
        report = reports.append
        for kind, number, side, qty, price_ticks, _account, _closes in messages:
            if kind == CANCEL:
                cancel(entered.pop(number).order_id, _SYMBOL)
                continue
            lots = qty
            if kind == CHANGE:
                old = entered[number]
                lots = old.leaves_qty
                cancel(old.order_id, _SYMBOL)
            order, trades = add(_SYMBOL, price_ticks, lots, side)
            if kind != MARKET_ORDER:
                entered[number] = order
            if trades:
                report((order.order_id, trades))
        return reports


class OrderMatchingRun:
    """order-matching, its log switched off; a change is a cancel and a new order."""

    def __init__(self) -> None:
        from loguru import logger
        from order_matching.matching_engine import MatchingEngine

        logger.remove()
        self._engine = MatchingEngine(seed=1)
        self._at = datetime(2026, 11, 23)
        self._entered: dict[int, Any] = {}

    def run(self, messages: Iterable[Message]) -> list[Any]:
        """Run messages; gives the reports of fills."""
        from order_matching.order import LimitOrder, MarketOrder
        from order_matching.orders import Orders

        engine, entered, step = self._engine, self._entered, timedelta(microseconds=1)
        reports: list[Any] = []
        for message in messages:
            self._at += step
            number, terms = message.number, self._terms(message)
            if message.kind in (CANCEL, CHANGE):
                engine.cancel_order(entered.pop(number).order_id)
                if message.kind == CANCEL:
                    continue
            market = message.kind == MARKET_ORDER
            order = MarketOrder(**terms) if market else LimitOrder(price=message.price_ticks, **terms)
            entered[number] = order
            engine.place(Orders([order]))
            if trades := engine.match(self._at).trades:
                reports.append(trades)
        return reports

    def _terms(self, message: Message) -> dict[str, Any]:
        from order_matching.enums import Side

        changes = message.kind == CHANGE
        return {
            "side": Side.BUY if message.side == BUY else Side.SELL,
            "size": self._entered[message.number].size if changes else message.qty,
            "timestamp": self._at,
            "order_id": f"{message.number}.{self._at}" if changes else str(message.number),
            "trader_id": str(message.account),
        }


RUNS: Final[dict[str, Callable[[], Any]]] = {
    "matching": OurRun,
    "lightmatchingengine": LightMatchingEngineRun,
    "order_matching": OrderMatchingRun,
}


def count_fills(name: str, reports: list[Any]) -> dict[str, int]:
    """Number, lots and turnover of the fills that an exchange reported."""
    fills: list[tuple[int, int]] = []
    for report in reports:
        if name == "matching":
            fills += [(price, qty) for _taker, _maker, price, qty in report]
        elif name == "lightmatchingengine":  # it reports both sides; the resting ones are the fills
            taker, trades = report
            fills += [(trade.trade_price, trade.trade_qty) for trade in trades if trade.order_id != taker]
        else:
            fills += [(trade.price, int(trade.size)) for trade in report]
    return {"fills": len(fills), "lots": sum(qty for _price, qty in fills), "turnover": sum(p * q for p, q in fills)}
