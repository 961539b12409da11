"""A small market for tests of the page alone: one walking book, one account, orders that fill or wait. Not the engine.

It speaks the socket's and REST's shapes, keeps the account's numbers gapless, and lets a test steer everything.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

TICK_UNITS = 2
MULTIPLIER = 1000
MARGIN = 0.16
FEE_FEN = 1000
TRADING_DAY = "2026-11-23"
SYMBOLS = ("SHFE.au2612", "SHFE.au2702", "SHFE.au2704", "SHFE.au2706")


PROTECTION = (
    "take_profit_price", "stop_loss_price", "display_qty", "post_only", "trail_price", "good_till", "other_leg",
)  # fmt: skip


def price(units: int) -> str:
    """Return hundredths as a decimal text."""
    return f"{units // 100}.{units % 100:02d}"


def money(fen: float) -> str:
    """Return fen as a decimal text."""
    return f"{fen / 100:.2f}"


def fen(text: str) -> int:
    """Return a decimal text as hundredths."""
    return round(float(text) * 100)


def moment(seconds: float) -> str:
    """Return an epoch time as RFC 3339."""
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat().replace("+00:00", "Z")


@dataclass
class Position:
    """One direction of one contract."""

    side: str
    today: int = 0
    yesterday: int = 0
    open_cost: int = 0
    mark_cost: int = 0


@dataclass
class Market:
    """Everything the double knows."""

    seed: int = 20261123
    account_id: int = 7001
    cash: int = 246_123_000
    seq: int = 4_118_000
    account_seq: int = 0
    last: dict[str, int] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    fills: list[dict[str, Any]] = field(default_factory=list)
    positions: dict[tuple[str, str], Position] = field(default_factory=dict)
    frames: list[dict[str, Any]] = field(default_factory=list)
    status: str = "active"
    trading: bool = True
    closed: int = 0
    fees: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.settlement = {symbol: 99_752 + 594 * i for i, symbol in enumerate(SYMBOLS)}
        self.last = {symbol: units + 684 for symbol, units in self.settlement.items()}
        self.levels = {symbol: [self.lots() for _ in range(40)] for symbol in SYMBOLS}
        self.volume = dict.fromkeys(SYMBOLS, 148_206)
        self.next_order = 8_812_093
        self.next_trade = 231_877
        long, short = (SYMBOLS[0], "long"), (SYMBOLS[1], "short")
        self.positions[long] = Position("long", 2, 4, 60_070_800_0, 59_903_200_0)
        self.positions[short] = Position("short", 0, 2, 20_256_800_0, 20_069_200_0)
        self.place(
            {
                "symbol": SYMBOLS[0],
                "side": "buy",
                "position_effect": "open",
                "type": "limit",
                "time_in_force": "day",
                "qty": 2,
                "limit_price": "1004.20",
                "client_order_id": "seed-1",
            }
        )
        self.place(
            {
                "symbol": SYMBOLS[0],
                "side": "sell",
                "position_effect": "close_yesterday",
                "type": "limit",
                "time_in_force": "day",
                "qty": 3,
                "limit_price": "1007.80",
                "client_order_id": "seed-2",
            }
        )
        self.frames.clear()

    def lots(self) -> int:
        """Return a plausible size of a level."""
        return 1 + int(self.random.random() * self.random.random() * 60)

    # -- market data

    def step(self, symbol: str) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        """Move one contract; return a trade, or None, and the changed depth."""
        self.seq += 1
        before = self.book(symbol)
        move = self.random.choice((-1, 0, 0, 1)) * TICK_UNITS
        self.last[symbol] += move
        for _ in range(3):
            self.levels[symbol][self.random.randrange(40)] = self.lots()
        trade = None
        if self.random.random() < 0.6:
            qty = self.lots()
            self.volume[symbol] += qty
            self.next_trade += 1
            trade = {
                "id": str(self.next_trade),
                "price": price(self.last[symbol]),
                "qty": qty,
                "side": self.random.choice(("buy", "sell")),
                "taker_effect": self.random.choice(("open", "close")),
                "maker_effect": self.random.choice(("open", "close")),
                "open_interest": 231_540,
                "at": moment(time.time()),
            }
        self.match(symbol)
        return trade, delta(before, self.book(symbol))

    def book(self, symbol: str) -> dict[str, list[list[Any]]]:
        """Return twenty levels a side."""
        best, sizes = self.last[symbol], self.levels[symbol]
        bids = [[price(best - TICK_UNITS * i), sizes[i]] for i in range(20)]
        asks = [[price(best + TICK_UNITS * (i + 1)), sizes[20 + i]] for i in range(20)]
        return {"bids": bids, "asks": asks}

    def ticker(self, symbol: str) -> dict[str, Any]:
        """Return the ticker's figures."""
        last, settled = self.last[symbol], self.settlement[symbol]
        return {
            "symbol": symbol,
            "last": price(last),
            "change": f"{(last - settled) / 100:.2f}",
            "open": price(settled + 56),
            "high": price(settled + 1052),
            "low": price(settled + 48),
            "volume": self.volume[symbol],
            "turnover": "138250000000.00",
            "average_price": price(settled + 37) + "5",
            "open_interest": 231_540,
            "open_interest_change": -1_204,
            "bid": price(last),
            "bid_qty": self.levels[symbol][0],
            "ask": price(last + TICK_UNITS),
            "ask_qty": self.levels[symbol][20],
            "upper_limit": price(band(settled)[1]),
            "lower_limit": price(band(settled)[0]),
            "previous_settlement": price(settled),
            "settlement": price(settled + 40),
        }

    def instrument(self, symbol: str, *, english: bool) -> dict[str, Any]:
        """Return the instrument's row."""
        facts = {
            "symbol": symbol,
            "venue": "SHFE",
            "product": "au",
            "name": "SHFE gold" if english else "沪金",
            "multiplier": MULTIPLIER,
            "tick": "0.02",
            "price_decimals": 2,
            "tick_value": "20.00",
            "margin_long": "0.16",
            "margin_short": "0.16",
            "fee_open": "10.00",
            "fee_close": "10.00",
            "fee_close_today": "0.00",
            "max_order_qty": 500,
            "last_trading_date": "2026-12-15",
            "close_means_yesterday": True,
            "tradable": True,
        }
        return facts | self.ticker(symbol)

    def parameters(self, symbol: str) -> dict[str, Any]:
        """Return the terms in force for the account: its broker's margin and fees, and what is to come."""
        exchange = {"row": 3, "level": "exchange", "aim": "SHFE.au", "hedge": False, "says": {}}
        return {
            "symbol": symbol,
            "trading_day": TRADING_DAY,
            "hedge": False,
            "margin_long": "0.18",
            "margin_short": "0.185",
            "margin_long_lot": "0.00",
            "margin_short_lot": "0.00",
            "larger_side": "product",
            "fee_open": "15.00",
            "fee_open_ratio": "0",
            "fee_close": "0.00",
            "fee_close_ratio": "0.00005",
            "fee_close_today": "2.50",
            "fee_close_today_ratio": "0.0001",
            "fee_order": "1.00",
            "fee_cancel": "0.00",
            "max_order_qty": 300,
            "max_position_qty": 120,
            "price_limit": "0.14",
            "rows": [exchange | {"effective_day": "2026-11-20", "notice": "SHFE 2026-77"}],
            "coming": [exchange | {"row": 4, "effective_day": "2026-12-01", "notice": "SHFE 2026-81"}],
        }

    def bars(self, symbol: str, *, period_s: int, limit: int) -> list[dict[str, Any]]:
        """Return a made-up history that ends at the last price."""
        walk = random.Random(f"{symbol}{period_s}")
        end = int(time.time()) // period_s * period_s
        close, rows = self.last[symbol], []
        for i in range(limit):
            opened = close + walk.randint(-26, 26) // 2 * 2
            high = max(opened, close) + walk.randint(0, 20) // 2 * 2
            low = min(opened, close) - walk.randint(0, 20) // 2 * 2
            start = end - i * period_s
            rows.append(
                {
                    "start": moment(start),
                    "start_s": start,
                    "open": price(opened),
                    "high": price(high),
                    "low": price(low),
                    "close": price(close),
                    "volume": 90 + walk.randint(0, 500),
                    "open_interest": 231_540,
                }
            )
            close = opened
        return rows[::-1]

    # -- the account

    def place(self, order: dict[str, Any]) -> dict[str, Any]:
        """Accept, fill or refuse an order; its events are queued as frames."""
        self.next_order += 1
        now = time.time()
        row = {
            "id": str(self.next_order),
            "account": self.account_id,
            "trading_day": TRADING_DAY,
            "filled_qty": 0,
            "leaves_qty": order["qty"],
            "filled_avg_price": None,
            "status": "new",
            "reject_code": None,
            "figures": None,
            "cancel_reason": None,
            "created_at": moment(now),
            "updated_at": moment(now),
            "seq": self.seq,
            "received_ns": int(now * 1e9),
            "acked_ns": int(now * 1e9) + 1_700_000,
            "client_order_id": order["client_order_id"],
            "symbol": order["symbol"],
            "side": order["side"],
            "type": order["type"],
            "time_in_force": order["time_in_force"],
            "qty": order["qty"],
            "limit_price": order.get("limit_price"),
            "stop_price": order.get("stop_price"),
            "terms": {name: order[name] for name in PROTECTION if order.get(name)} or None,
            "position_effect": self.effect(order),
        }
        if "stop" in row["type"]:
            row["status"] = "held"
        preview = self.preview(order)
        if not preview["ok"]:
            row |= {"status": "rejected", "reject_code": preview["code"], "figures": preview["figures"]}
            row["leaves_qty"] = 0
            self.emit("order_rejected", order=row)
            return row
        self.orders[row["id"]] = row
        self.emit("order_accepted", order=row, funds=self.funds())
        self.match(row["symbol"])
        if row["status"] in {"new", "partially_filled"} and order["time_in_force"] in {"ioc", "fok"}:
            self.cancel(row["id"], reason="ioc_remainder")
        return row

    def match(self, symbol: str) -> None:
        """Fill what the last price reaches."""
        for row in [row for row in self.orders.values() if row["symbol"] == symbol and row["status"] != "held"]:
            last = self.last[symbol]
            limit = None if row["limit_price"] is None else round(float(row["limit_price"]) * 100)
            buy = row["side"] == "buy"
            reached = limit is None or (limit >= last + TICK_UNITS if buy else limit <= last)
            if reached:
                self.fill(row, last + TICK_UNITS if buy else last)

    def fill(self, row: dict[str, Any], units: int) -> None:
        """Fill a working order whole."""
        qty = row["leaves_qty"]
        row |= {"filled_qty": row["qty"], "leaves_qty": 0, "status": "filled", "filled_avg_price": price(units)}
        del self.orders[row["id"]]
        self.next_trade += 1
        value = units * MULTIPLIER * qty
        opening = row["position_effect"] == "open"
        side = "long" if (row["side"] == "buy") == opening else "short"
        held = self.positions.setdefault((row["symbol"], side), Position(side))
        profit = 0 if opening else self.close(held, qty=qty, value=value)
        if opening:
            held.today += qty
            held.open_cost += value
            held.mark_cost += value
        self.fees += FEE_FEN * qty
        self.closed += profit
        self.cash += profit - FEE_FEN * qty
        fill = {
            "id": str(self.next_trade),
            "order_id": row["id"],
            "client_order_id": row["client_order_id"],
            "account": self.account_id,
            "symbol": row["symbol"],
            "side": row["side"],
            "position_effect": row["position_effect"],
            "qty": qty,
            "price": price(units),
            "fee": money(FEE_FEN * qty),
            "close_profit": money(profit),
            "close_profit_by_trade": money(profit),
            "liquidity": "taker",
            "trading_day": TRADING_DAY,
            "at": moment(time.time()),
            "seq": self.seq,
        }
        self.fills.append(fill)
        self.emit("fill", order=row, fill=fill, funds=self.funds(), position=self.position(row["symbol"], side))

    def close(self, held: Position, *, qty: int, value: int) -> int:
        """Take lots out of a position and return the profit in fen."""
        total = held.today + held.yesterday
        cost_open, cost_mark = held.open_cost * qty // total, held.mark_cost * qty // total
        from_yesterday = min(qty, held.yesterday)
        held.yesterday -= from_yesterday
        held.today -= qty - from_yesterday
        held.open_cost -= cost_open
        held.mark_cost -= cost_mark
        return (value - cost_mark) * (1 if held.side == "long" else -1)

    def cancel(self, order_id: str, *, reason: str = "client") -> dict[str, Any] | None:
        """Take an order out of the book."""
        row = self.orders.pop(order_id, None)
        if row is None:
            return None
        row |= {"status": "canceled", "cancel_reason": reason, "leaves_qty": 0}
        self.emit("order_canceled", order=row, funds=self.funds())
        return row

    def replace(
        self, order_id: str, *, qty: int, limit_price: str | None, stop_price: str | None = None
    ) -> dict[str, Any] | None:
        """Change a working order."""
        row = self.orders.get(order_id)
        if row is None:
            return None
        row |= {"qty": qty, "leaves_qty": qty - row["filled_qty"], "limit_price": limit_price}
        row["stop_price"] = stop_price or row.get("stop_price")
        self.emit("order_replaced", order=row, funds=self.funds())
        self.match(row["symbol"])
        return row

    def effect(self, order: dict[str, Any]) -> str:
        """Resolve `auto` as the counter does."""
        if order["position_effect"] != "auto":
            return str(order["position_effect"])
        held = self.positions.get((order["symbol"], "short" if order["side"] == "buy" else "long"))
        return "close" if held and held.today + held.yesterday >= order["qty"] else "open"

    def preview(self, order: dict[str, Any]) -> dict[str, Any]:
        """Say what an order would do."""
        effect = self.effect(order)
        limit = order.get("limit_price")
        units = self.last[order["symbol"]] if limit is None else round(float(limit) * 100)
        unit = int(units * MULTIPLIER * MARGIN)
        opening = effect == "open"
        needed = (unit + FEE_FEN) * order["qty"] if opening else FEE_FEN * order["qty"]
        funds = self.funds()
        available = fen(funds["available"])
        held = self.positions.get((order["symbol"], "short" if order["side"] == "buy" else "long"))
        lots = held.today + held.yesterday if held else 0
        answer: dict[str, Any] = {
            "ok": True,
            "code": None,
            "figures": None,
            "detail": "",
            "position_effect": effect,
            "margin": money(unit * order["qty"] if opening else 0),
            "fee": money(FEE_FEN * order["qty"]),
            "available": money(available),
            "available_after": money(available - needed),
            "risk_degree_after": f"{(fen(funds['margin']) + (needed if opening else 0)) / fen(funds['equity']):.4f}",
            "max_qty": max(0, available // (unit + FEE_FEN)) if opening else lots,
        }
        if opening and needed > available:
            figures = {"needed": money(needed), "available": money(available)}
            answer |= {"ok": False, "code": "insufficient_margin", "figures": figures}
        elif not opening and order["qty"] > lots:
            answer |= {"ok": False, "code": "over_close", "figures": {"qty": order["qty"], "closable": lots}}
        return answer

    def funds(self) -> dict[str, Any]:
        """Return the account's money with the figures at the last prices."""
        profit = sum(self.profit(symbol, held) for (symbol, _side), held in self.positions.items())
        margin = sum(int(held.open_cost * MARGIN) for held in self.positions.values())
        frozen = sum(
            int(round(float(row["limit_price"] or 0) * 100) * MULTIPLIER * row["leaves_qty"] * MARGIN)
            for row in self.orders.values()
            if row["position_effect"] == "open"
        )
        fee = sum(FEE_FEN * row["leaves_qty"] for row in self.orders.values())
        equity = self.cash + profit
        return {
            "account": self.account_id,
            "cash": money(self.cash),
            "margin": money(margin),
            "frozen_margin": money(frozen),
            "frozen_fee": money(fee),
            "close_profit": money(self.closed),
            "fees": money(self.fees),
            "equity": money(equity),
            "available": money(self.cash - margin - frozen - fee + min(0, profit)),
            "position_profit": money(profit),
            "risk_degree": f"{margin / equity:.4f}",
        }

    def profit(self, symbol: str, held: Position) -> int:
        """Return a position's profit by date in fen."""
        value = self.last[symbol] * MULTIPLIER * (held.today + held.yesterday)
        return (value - held.mark_cost) * (1 if held.side == "long" else -1)

    def position(self, symbol: str, side: str) -> dict[str, Any]:
        """Return a position's row."""
        held = self.positions[symbol, side]
        qty = held.today + held.yesterday
        return {
            "account": self.account_id,
            "symbol": symbol,
            "side": side,
            "qty": qty,
            "today_qty": held.today,
            "yesterday_qty": held.yesterday,
            "closable_today": held.today,
            "closable_yesterday": held.yesterday,
            "avg_open_price": price(held.open_cost // (MULTIPLIER * qty)) if qty else None,
            "open_cost": money(held.open_cost),
            "mark_cost": money(held.mark_cost),
            "margin": money(held.open_cost * MARGIN),
        }

    def account(self) -> dict[str, Any]:
        """Return the account's row."""
        limits = {
            "max_order_qty": 500,
            "max_position_qty": 2700,
            "max_working_orders": 200,
            "max_orders_per_second": 50,
        }
        return {
            "id": self.account_id,
            "name": "林知夏",
            "status": self.status,
            "status_reason": "",
            "limits": limits,
            "account_seq": self.account_seq,
        }

    def snapshot(self) -> dict[str, Any]:
        """Return the account channel's snapshot data."""
        held = [key for key, item in self.positions.items() if item.today + item.yesterday]
        return {
            "account": self.account(),
            "funds": self.funds(),
            "positions": [self.position(*key) for key in held],
            "orders": list(self.orders.values()),
        }

    def emit(self, event: str, **parts: Any) -> None:
        """Queue one numbered event of the account."""
        self.account_seq += 1
        self.seq += 1
        copied = {name: dict(part) if isinstance(part, dict) else part for name, part in parts.items()}
        self.frames.append(
            {
                "ch": f"account.{self.account_id}",
                "seq": self.account_seq,
                "prev": self.account_seq - 1,
                "type": "event",
                "ts_ns": time.time_ns(),
                "data": {"event": event, "journal_seq": self.seq, "at": moment(time.time())} | copied,
            }
        )


def band(settlement: int) -> tuple[int, int]:
    """Return the price band in hundredths, rounded down to the tick."""
    return int(settlement * 0.86) // 2 * 2, int(settlement * 1.14) // 2 * 2


def delta(before: dict[str, list[list[Any]]], after: dict[str, list[list[Any]]]) -> dict[str, list[list[Any]]]:
    """Return changed levels with absolute quantity; 0 removes."""
    changed: dict[str, list[list[Any]]] = {}
    for side in ("bids", "asks"):
        old, new = dict(map(tuple, before[side])), dict(map(tuple, after[side]))
        gone = [[level, 0] for level in old if level not in new]
        changed[side] = [[level, qty] for level, qty in new.items() if old.get(level) != qty] + gone
    return changed
