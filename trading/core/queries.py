"""Questions the core answers from its memory. Arguments come by name; a refusal carries a stable code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from portal.lib.errors import Refused
from trading.core.protocol import DepthFrame
from trading.engine import rejects
from trading.engine.commands import PlaceOrder
from trading.engine.delivery_duties import delivery_duties
from trading.engine.machine import Machine

LEVELS_MAX: Final = 100


class Queries:
    """Answers by name. `status` is given by the process, everything else is read from the machine."""

    def __init__(
        self, machine: Machine, *, status: Callable[[], Mapping[str, Any]], market_ns: Callable[[], int]
    ) -> None:
        self._machine = machine
        self._market_ns = market_ns
        self._handlers: dict[str, Callable[..., Any]] = {
            "status": lambda: dict(status()),
            "account": self._account,
            "order": self._order,
            "orders": lambda tenant_id, account_id: self._account(tenant_id, account_id).orders,
            "depth": self._depth,
            "order_book": self._order_book,
            "stats": self._stats,
            "instruments": machine.instruments,
            "preview": self._preview,
            "settlement": self._settlement,
            "liquidations": self._liquidations,
            "delivery_duties": self._delivery_duties,
        }

    def answer(self, name: str, args: Mapping[str, Any]) -> Any:
        """Return the result, or raise `Refused`."""
        handler = self._handlers.get(name)
        if handler is None:
            raise Refused("unknown_query", {"name": name})
        try:
            return handler(**args)
        except (TypeError, msgspec.ValidationError) as problem:
            raise Refused("invalid_field", {"detail": str(problem)}) from problem

    def _account(self, tenant_id: int, account_id: int) -> Any:
        view = self._machine.account_view(account_id)
        # Another tenant's account is answered like one that does not exist.
        if view is None or view.tenant_id != tenant_id:
            raise Refused(rejects.ACCOUNT_UNKNOWN)
        return view

    def _liquidations(self, tenant_id: int) -> Any:
        return [item for item in self._machine.liquidations() if item.tenant_id == tenant_id]

    def _order(self, tenant_id: int, account_id: int, order_id: int) -> Any:
        order = self._machine.order_view(account_id, order_id)
        if order is None or order.tenant_id != tenant_id:
            raise Refused(rejects.ORDER_UNKNOWN)
        return order

    def _depth(self, instrument_id: int, levels: int = 20) -> DepthFrame:
        self._known_instrument(instrument_id)
        bids, asks = self._machine.depth(instrument_id, min(levels, LEVELS_MAX))
        return DepthFrame(instrument_id, self._machine.seq, bids, asks, self._market_ns())

    def _order_book(self, instrument_id: int) -> Any:
        book = self._machine.order_book(instrument_id)
        if book is None:
            raise Refused(rejects.INSTRUMENT_UNKNOWN)
        return book

    def _stats(self, instrument_id: int = 0) -> list[Any]:
        if instrument_id:
            self._known_instrument(instrument_id)
            return [self._machine.instrument_stats(instrument_id)]
        return [self._machine.instrument_stats(row[0].instrument_id) for row in self._machine.instruments()]

    def _preview(self, command: Any) -> Any:
        return self._machine.preview(msgspec.convert(command, PlaceOrder))

    def _settlement(self) -> Mapping[str, Any]:
        """How far a settlement is; `through` is the last account settled."""
        state = self._machine.state
        settling = state.settling
        through = 0 if settling is None else settling.through
        return {
            "trading_day": state.trading_day,
            "settling": settling is not None,
            "next_trading_day": 0 if settling is None else settling.next_trading_day,
            "through": through,
            "accounts": len(state.accounts),
            "remaining": sum(1 for account_id in state.accounts if account_id > through),
        }

    def _delivery_duties(self, tenant_id: int) -> list[Any]:
        """What a tenant's accounts must close because delivery comes near."""
        return [duty for duty in delivery_duties(self._machine.state) if duty.tenant_id == tenant_id]

    def _known_instrument(self, instrument_id: int) -> None:
        if all(row[0].instrument_id != instrument_id for row in self._machine.instruments()):
            raise Refused(rejects.INSTRUMENT_UNKNOWN)
