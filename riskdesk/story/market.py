"""The market of a recorded day: two houses that trade along its prices and quote around them.

At the limit one side is empty, as on the recorded day: who wants to sell at the lower limit finds nobody. The band of
the next day, and the margin that goes with it, are the engine's, by the ladder that the week's terms put.
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
    PutLimitLadder,
    PutParameters,
    RollDay,
    SetPhase,
    SetTenantRates,
    WatchClose,
)
from trading.engine.events import Event
from trading.engine.instrument import Fees, Instrument, Rates
from trading.engine.ladders import LimitStep
from trading.engine.machine import Machine
from trading.engine.parameters import Parameters
from trading.engine.snapshot import dump, load

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
    """What venue and broker announced for a week, in millionths: data of the story, not rules of it."""

    limit_ppm: int
    exchange_ppm: int
    ladder: tuple[LimitStep, ...]  # of one-sided markets, walked by the engine
    company_adds_ppm: int  # points that the broker asks above the exchange

    @property
    def company_ppm(self) -> int:
        """The broker's margin while the exchange asks its usual one."""
        return self.exchange_ppm + self.company_adds_ppm


# As it is told of SHFE [M]: 5 % and 7 %; 3 points more after a one-sided day, 5 after two, the margin 2 above the band.
TERMS_OF_2013: Final = Terms(50_000, 70_000, (LimitStep(30_000, 20_000), LimitStep(50_000, 20_000)), 30_000)


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

    def __init__(self, terms: Terms = TERMS_OF_2013) -> None:
        self.terms = terms
        self.machine = Machine()
        self.at_ns = 0
        self.company_ppm = terms.company_ppm
        self.count = 0

    def do(self, command: AnyCommand) -> list[Event]:
        """Apply a command a second later."""
        self.at_ns += STEP_NS
        return self.machine.apply(command, self.at_ns, self.at_ns)

    def list_contract(self, settlement: int) -> None:
        """List the contract: SHFE gold as it was, 1,000 g a lot, a tick 0.01 yuan a gram; put ladder and rates."""
        terms, fees = self.terms, Fees(open_fen=1_000, close_fen=1_000)
        spec = Instrument(
            GOLD, "SHFE.au1306", "SHFE", "au", "黄金主力", "Gold main", 1_000, 100, 1_000,
            Rates(terms.exchange_ppm, terms.exchange_ppm, fees), terms.limit_ppm, True, True, 500, settlement,
            2013_06_17,
        )  # fmt: skip
        self.do(PutInstrument(0, spec, "system"))
        self.do(PutLimitLadder(0, "SHFE", "au", list(terms.ladder), "u2", "u3"))
        self.do(SetTenantRates(BROKER, GOLD, Rates(terms.company_ppm, terms.company_ppm, fees), "u2", "u3"))

    def settle(self, next_day: int, price: int) -> list[Event]:
        """End the day. The broker has announced before what he will ask of lots held from this settlement on."""
        roll = RollDay(0, next_day, [(GOLD, price)], "system")
        self._announce(roll)
        return self.do(roll)

    def _announce(self, roll: RollDay) -> None:
        """Put the broker's dated row for the day to come: his points above what the exchange will ask.

        What it will ask is tried on a copy of the books, so the ladder is walked by nobody but the engine.
        """
        trial = load(dump(self.machine))
        trial.apply(roll, self.at_ns + 2 * STEP_NS, self.at_ns + 2 * STEP_NS)
        wanted = trial.state.contracts[GOLD].base.long_margin_ppm + self.terms.company_adds_ppm
        if wanted != self.company_ppm:
            self.company_ppm = wanted
            fields = Parameters(long_margin_ppm=wanted, short_margin_ppm=wanted)
            self.do(
                PutParameters(
                    BROKER, 0, GOLD, "", False, roll.next_trading_day, fields, "the broker's notice", "u2", "u3"
                )
            )

    def close(self) -> None:
        """The window before the close begins, and the close: the engine says whether the market was one-sided."""
        self.do(WatchClose(0, [GOLD], "system"))
        self.enter(t.CLOSED)

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
        at_limit = price in (stats.lower, stats.upper)
        # Who comes at a limit stands at the limit itself; elsewhere the houses leave the last price free.
        for level in range(0 if at_limit else 1, LEVELS + 1):
            if stats.lower < price and price - level >= stats.lower:
                events += self.order(BUYER, t.BUY, depth_lots, price - level)
            if price < stats.upper and price + level <= stats.upper:
                events += self.order(SELLER, t.SELL, depth_lots, price + level)
        return events
