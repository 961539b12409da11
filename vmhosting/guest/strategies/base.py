"""What a strategy is given and what it may offer. Subclass `Strategy` and override what you need."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ..sdk import OrderRefused, TradingClient

LogFunction = Callable[[str, str], None]


class Context:
    """The strategy's view of its account and the market, kept up to date by the runner."""

    def __init__(self, *, client: TradingClient, account: int, parameters: dict[str, Any], log: LogFunction) -> None:
        self.client = client
        self.account = account
        self.parameters = parameters
        self.saved: dict[str, Any] = {}
        self.funds: dict[str, Any] = {}
        self.positions: dict[tuple[str, str], dict[str, Any]] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.orders_sent = 0
        self.orders_refused = 0
        self.fills = 0
        self._log = log
        self._order_number = 0
        self._order_prefix = f"s{int(time.time()):x}"

    def log(self, text: str, *, level: str = "info") -> None:
        """Write a line that the investor sees live: level info, warning, error, order or fill."""
        self._log(level, text)

    def position(self, symbol: str, *, side: str) -> dict[str, Any]:
        """Return the account's position on one side, empty when there is none."""
        return self.positions.get((symbol, side), {})

    def send(
        self, *, symbol: str, side: str, effect: str, qty: int, limit_price: str, time_in_force: str = "ioc"
    ) -> dict[str, Any] | None:
        """Send a limit order and return it, or None after a refusal (which is logged with its figures)."""
        self._order_number += 1
        number = f"{self._order_prefix}-{self._order_number}"
        self.log(f"→ {side} {effect} {qty} {symbol} @{limit_price}  {number}", level="order")
        self.orders_sent += 1
        try:
            answer = self.client.order_new(
                account=self.account,
                client_order_id=number,
                symbol=symbol,
                side=side,
                position_effect=effect,
                type="limit",
                time_in_force=time_in_force,
                qty=qty,
                limit_price=limit_price,
            )
        except OrderRefused as refusal:
            self.orders_refused += 1
            figures = ", ".join(f"{name} {value}" for name, value in refusal.figures.items())
            self.log(f"refused {refusal.code} {figures}".strip(), level="error")
            return None
        order: dict[str, Any] = answer.get("order") or {}
        took = self.client.answer_ms[-1] if self.client.answer_ms else 0.0
        if order.get("status") == "rejected":
            self.orders_refused += 1
            self.log(f"refused {order.get('reject_code')} {order.get('figures') or ''}".strip(), level="error")
            return None
        self.log(f"← {order.get('status')} {took:.1f} ms  order {order.get('id')}", level="order")
        return order

    def cancel_working(self) -> int:
        """Cancel this strategy's working orders and return how many there were."""
        own = [order for order in self.orders.values() if self._is_own(order)]
        for order in own:
            try:
                self.client.order_cancel(account=self.account, order_id=str(order["id"]))
            except OrderRefused as refusal:
                self.log(f"cancel refused {refusal.code}", level="warning")
        return len(own)

    def _is_own(self, order: dict[str, Any]) -> bool:
        return str(order.get("client_order_id", "")).startswith(f"{self._order_prefix}-")


class Strategy:
    """Base of all strategies: every hook is optional."""

    #: name → (default, meaning); the page shows these as the parameters
    PARAMETERS: dict[str, tuple[Any, str]] = {}

    def __init__(self, context: Context) -> None:
        self.context = context

    def parameter(self, name: str) -> Any:
        """Return a parameter's present value, or its default."""
        value = self.context.parameters.get(name)
        return self.PARAMETERS[name][0] if value is None else value

    def channels(self) -> list[str]:
        """Return the market channels this strategy wants."""
        return []

    def on_start(self) -> None:
        """Called once the socket is open and the account's snapshot is in."""

    def on_market(self, channel: str, data: dict[str, Any]) -> None:
        """Called for every market push."""

    def on_fill(self, fill: dict[str, Any]) -> None:
        """Called for every fill of the account."""

    def on_timer(self, now_s: float) -> None:
        """Called about four times a second."""

    def on_parameters(self) -> None:
        """Called after the parameters were changed on the page."""

    def on_stop(self) -> None:
        """Called before the machine stops; the runner cancels working orders afterwards."""

    def summary(self) -> dict[str, Any]:
        """Return what the page shows beside the heartbeat: position, last price."""
        return {}
