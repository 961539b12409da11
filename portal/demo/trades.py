"""First positions of the demo's clients, taken in the living market, so that desk and blotters have something to show.

One small account is brought over 80 % risk and one order over its limit: the two alarms a risk officer meets first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from accounts.models import Tenant
from accounts.tenancy.context import tenant_scope
from portal.demo.cast import Broker
from portal.demo.contracts import TICKS_PER_YUAN, gold_contracts
from portal.demo.money import FIRST_LIMITS, account_numbers
from portal.demo.people import person
from trading.models import Order
from trading.services.core_calls import core_query
from trading.services.orders import OrderRequest, OrderResult, order_place

# Yuan through the last price: enough to cross any spread of the simulated makers, far inside the price band.
_THROUGH_YUAN: Final = 6
_ID: Final = "demo-first"


@dataclass(frozen=True, slots=True)
class FirstTrade:
    """What one account does first; `place` is its place in the broker's cast."""

    place: int
    side: str
    qty: int
    time_in_force: str = "ioc"


TRADES: Final = (
    FirstTrade(place=0, side="buy", qty=3),
    FirstTrade(place=2, side="sell", qty=2),
    FirstTrade(place=3, side="buy", qty=2),
    # Refused by the account's own limit: this is how a limit alarm looks.
    FirstTrade(place=1, side="buy", qty=FIRST_LIMITS["max_order_qty"] + 10, time_in_force="day"),
)


def first_trades(tenant: Tenant, broker: Broker) -> list[OrderResult]:
    """Send the first orders of a broker's accounts, each once in the installation's life."""
    numbers = account_numbers(tenant, broker)
    results = []
    for trade in TRADES:
        account = broker.accounts[trade.place]
        actor = person(str(account.username))
        with tenant_scope(tenant_id=tenant.pk, user_id=actor.user_id, account_ids=actor.account_ids):
            if Order.objects.filter(account_id=numbers[account], client_order_id=_ID).exists():
                continue
            results.append(order_place(actor=actor, request=_request(trade, account_id=numbers[account])))
    return results


def _request(trade: FirstTrade, *, account_id: int) -> OrderRequest:
    contract = gold_contracts()[0]
    stats = core_query("stats", instrument_id=contract.instrument_id)[0]
    away = _THROUGH_YUAN * TICKS_PER_YUAN
    ticks = stats.last + away if trade.side == "buy" else stats.last - away
    cents = min(max(ticks, stats.lower), stats.upper) * contract.tick_e4 // 100
    return OrderRequest(
        account_id=account_id,
        trading_day=int(core_query("status")["trading_day"]),
        client_order_id=_ID,
        symbol=contract.symbol,
        side=trade.side,
        qty=trade.qty,
        position_effect="open",
        time_in_force=trade.time_in_force,
        limit_price=f"{cents // 100}.{cents % 100:02d}",
    )
