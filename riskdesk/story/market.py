"""The market of a recorded day: two houses that trade along its prices and quote around them.

At the limit one side is empty, as on the recorded day: who wants to sell at the lower limit finds nobody. The band of
the next day, and the margin that goes with it, follow from how the day ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from riskdesk.story.days import Day
from trading.engine import types as t
from trading.engine.commands import (
    AnyCommand,
    CancelAll,
    MoveCash,
    OpenAccount,
    PlaceOrder,
    PutInstrument,
    SetPhase,
    SetTenantRates,
)
from trading.engine.events import Event
from trading.engine.instrument import Fees, Instrument, Rates
from trading.engine.machine import Machine

GOLD: Final = 1
HOUSE, SELLER, BUYER = 9, 901, 902
BROKER: Final = 1
DEPTH_LOTS: Final = 60
THIN_LOTS: Final = 1  # on a day that is to end at its limit
LEVELS: Final = 3
LEG_TICKS: Final = 12
STEP_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Terms:
    """Band and margins of a day, in millionths."""

    limit_ppm: int
    exchange_ppm: int
    company_ppm: int


FIRST_TERMS: Final = Terms(50_000, 70_000, 100_000)
# Days that ended at a limit in a row -> points on the first band; the exchange asks two points above the band, the
# broker three above the exchange [M]. The one seam where the ladder of the exchange enters the story.
WIDER_PPM: Final = (0, 30_000, 50_000)
ABOVE_BAND_PPM: Final = 20_000
BROKER_ADDS_PPM: Final = 30_000


def terms_after(limit_days: int) -> Terms:
    """Band and margins of the day that follows so many limit days in a row."""
    if not limit_days:
        return FIRST_TERMS
    limit = FIRST_TERMS.limit_ppm + WIDER_PPM[min(limit_days, len(WIDER_PPM) - 1)]
    exchange = max(FIRST_TERMS.exchange_ppm, limit + ABOVE_BAND_PPM)
    return Terms(limit, exchange, exchange + BROKER_ADDS_PPM)


def path_of(day: Day) -> list[int]:
    """The prices of a day in a likely order: a day that rose went down first, one that fell went up first."""
    turns = (day.open, day.low, day.high, day.close) if day.close >= day.open else (
        day.open, day.high, day.low, day.close
    )  # fmt: skip
    prices = [turns[0]]
    for before, after in pairwise(turns):
        prices += [before + (after - before) * step // LEG_TICKS for step in range(1, LEG_TICKS + 1)]
    return [price for at, price in enumerate(prices) if at == 0 or price != prices[at - 1]]


class StoryMarket:
    """One contract, its two houses, and the machine they live in."""

    def __init__(self) -> None:
        self.machine = Machine()
        self.at_ns = 0
        self.count = 0

    def do(self, command: AnyCommand) -> list[Event]:
        """Apply a command a second later."""
        self.at_ns += STEP_NS
        return self.machine.apply(command, self.at_ns, self.at_ns)

    def spec(self, terms: Terms, settlement: int) -> Instrument:
        """The contract under a day's terms: SHFE gold as it was, 1,000 g a lot, a tick 0.01 yuan a gram."""
        ppm = terms.exchange_ppm
        return Instrument(
            GOLD, "SHFE.au1306", "SHFE", "au", "黄金主力", "Gold main", 1_000, 100, 1_000,
            Rates(ppm, ppm, Fees(open_fen=1_000, close_fen=1_000)), terms.limit_ppm, True, True, 500, settlement,
            2013_06_17,
        )  # fmt: skip

    def put_terms(self, terms: Terms, settlement: int) -> None:
        """Set band and margins; of a contract that is held they count from the settlement on."""
        self.do(PutInstrument(0, self.spec(terms, settlement), "system"))
        ppm = terms.company_ppm
        self.do(SetTenantRates(BROKER, GOLD, Rates(ppm, ppm, Fees(open_fen=1_000, close_fen=1_000)), "u2", "u3"))

    def open_account(self, account_id: int, tenant_id: int, cash_fen: int) -> None:
        """Open an account with money in it."""
        self.do(OpenAccount(tenant_id, account_id, 0, "u1"))
        self.pay(account_id, tenant_id, cash_fen)

    def pay(self, account_id: int, tenant_id: int, amount_fen: int) -> list[Event]:
        """Pay money in."""
        self.count += 1
        return self.do(MoveCash(tenant_id, account_id, t.DEPOSIT, amount_fen, f"r{self.count}", "u2", "u3"))

    def order(self, account_id: int, side: int, qty: int, price: int, offset: int = t.AUTO) -> list[Event]:
        """Enter a limit order, good for the day."""
        self.count += 1
        tenant_id = BROKER if account_id not in (SELLER, BUYER) else HOUSE
        return self.do(
            PlaceOrder(
                tenant_id, account_id, f"s{self.count}", self.machine.trading_day, GOLD, side, offset, t.LIMIT, t.DAY,
                qty, price, "u9",
            )
        )  # fmt: skip

    def enter(self, phase: int) -> None:
        """Move the contract to a phase; where it stands already nothing happens."""
        self.do(SetPhase(0, [GOLD], phase, "", "system"))

    def move_to(self, price: int, depth_lots: int = DEPTH_LOTS) -> list[Event]:
        """Trade at a price and quote around it; at a limit only one side is quoted."""
        stats = self.machine.instrument_stats(GOLD)
        if stats is None:
            return []
        events: list[Event] = []
        for house in (SELLER, BUYER):
            self.do(CancelAll(HOUSE, house, 0, "", "u9"))
        if price != stats.last:
            events += self.order(SELLER, t.SELL, 1, price)
            events += self.order(BUYER, t.BUY, 1, price)
        for level in range(1, LEVELS + 1):
            if stats.lower < price and price - level >= stats.lower:
                events += self.order(BUYER, t.BUY, depth_lots, price - level)
            if price < stats.upper and price + level <= stats.upper:
                events += self.order(SELLER, t.SELL, depth_lots, price + level)
        return events
