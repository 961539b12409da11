"""The next step of an open liquidation: which row, how many lots, at what price. Pure, from the book as it is read.

The price is the one at which the book takes the lots now; where it takes too few, the worst price somebody shows; where
nobody is, the last price: on a limit day that is the limit, where the order queues and the obligation goes on, and on
any other day whoever comes first does not get the client's lots for less.
An order that works is left alone while its price is still the right one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from riskdesk.liquidation.planning import lots_needed
from riskdesk.liquidation.releasing import Releasing
from trading.engine.commands import StepLiquidation
from trading.engine.exchange.phases import ENTRY_ALLOWED
from trading.engine.instrument import Instrument
from trading.engine.types import CLOSE_TODAY, LONG
from trading.engine.views import AccountView, InstrumentStats, LiquidationView, OrderView

Levels = Sequence[tuple[int, int]]
LEVELS_READ: Final = 20


@dataclass(frozen=True, slots=True)
class Market:
    """What a step looks at of one contract."""

    spec: Instrument
    stats: InstrumentStats
    bids: Levels
    asks: Levels


def next_step(
    item: LiquidationView, view: AccountView, markets: Mapping[int, Market], *, actor: str
) -> StepLiquidation | None:
    """The step to take now; None when there is nothing to do but wait.

    Rows are worked in the plan's order. A row whose contract takes no orders now, or whose order stands where it
    should, is passed over: the next one is worked meanwhile, for the lots still needed beyond those at work.
    """
    releasing = Releasing(view, basis=item.basis)
    orders = {order.order_id: order for order in view.orders}
    for at, (instrument_id, side, offset, qty, filled, order_id) in enumerate(item.rows):
        market = markets[instrument_id]
        held = _held(view, instrument_id, side, offset)
        left = min(qty - filled, held)
        if left <= 0:
            continue
        lot_margin = releasing.lot_fen(instrument_id, side)
        margin = releasing.margin_fen - releasing.idle_fen(instrument_id, side)
        working = orders.get(order_id)
        price = _price(market, side, working.leaves_qty if working is not None else left)
        gain = (price - market.stats.last) * market.spec.tick_value_fen * (1 if side == LONG else -1)
        needed = left
        if item.target_ppm:
            needed = lots_needed(margin, view.equity_fen, lot_margin, gain, item.target_ppm)
        lots = min(left, needed, item.largest_orders[at])
        if lots <= 0:
            # Nothing more is needed of this row; of a larger side there may be something to do on the other.
            continue
        if market.stats.phase in ENTRY_ALLOWED and not _stands(working, price, lots):
            return StepLiquidation(
                item.tenant_id,
                item.account_id,
                item.number,
                item.steps + 1,
                at,
                lots,
                _price(market, side, lots),
                actor,
                by_tariff=True,
            )
        releasing.close(instrument_id, side, lots)
    return None


def _stands(working: OrderView | None, price: int, lots: int) -> bool:
    """Whether the row's order is where it should be: as many lots as are needed, at today's right price."""
    return working is not None and working.price_ticks == price and working.leaves_qty >= lots


def _price(market: Market, side: int, lots: int) -> int:
    levels = market.bids if side == LONG else market.asks
    price, found = min(max(market.stats.last, market.stats.lower), market.stats.upper), 0
    for level_price, qty in levels:
        price = level_price
        found += qty
        if found >= lots:
            break
    return price


def _held(view: AccountView, instrument_id: int, side: int, offset: int) -> int:
    for held in view.positions:
        if (held.instrument_id, held.side) == (instrument_id, side):
            return held.today_qty if offset == CLOSE_TODAY else held.yesterday_qty
    return 0
