"""What the counter keeps of one contract: its terms, the prices it values by, and who pays which rates."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from trading.engine.counter.margin import margin_unit_fen
from trading.engine.instrument import Instrument, Rates
from trading.engine.ladders import Delivery, Rung, delivery_step
from trading.engine.types import LONG


class Tariff:
    """Margin ratios and fees in force for one tenant on one contract, with the margin of a lot at the settlement."""

    __slots__ = (
        "close_fen",
        "close_ppm",
        "close_today_fen",
        "close_today_ppm",
        "long_margin_ppm",
        "long_unit_fen",
        "long_units",
        "open_fen",
        "open_ppm",
        "short_margin_ppm",
        "short_unit_fen",
        "short_units",
    )

    def __init__(self, *, exchange: Rates, tenant: Rates | None, settlement_value_fen: int, floor_ppm: int = 0) -> None:
        """The highest margin wins; a tenant's fees, once set, replace the exchange's."""
        own = exchange if tenant is None else tenant
        self.long_margin_ppm: Final = max(exchange.long_margin_ppm, own.long_margin_ppm, floor_ppm)
        self.short_margin_ppm: Final = max(exchange.short_margin_ppm, own.short_margin_ppm, floor_ppm)
        self.long_unit_fen: Final = margin_unit_fen(settlement_value_fen, self.long_margin_ppm)
        self.short_unit_fen: Final = margin_unit_fen(settlement_value_fen, self.short_margin_ppm)
        # Margin of a lot by its opening price, as fills ask for it; the price band bounds how many there can be.
        self.long_units: Final[dict[int, int]] = {}
        self.short_units: Final[dict[int, int]] = {}
        fees = own.fees
        self.open_fen: Final = fees.open_fen
        self.open_ppm: Final = fees.open_ppm
        self.close_fen: Final = fees.close_fen
        self.close_ppm: Final = fees.close_ppm
        self.close_today_fen: Final = fees.close_today_fen
        self.close_today_ppm: Final = fees.close_today_ppm

    def open_unit_fen(self, side: int, lot_value_fen: int) -> int:
        """Margin of one lot opened at this value."""
        units, ppm = (
            (self.long_units, self.long_margin_ppm) if side == LONG else (self.short_units, self.short_margin_ppm)
        )
        unit = units[lot_value_fen] = margin_unit_fen(lot_value_fen, ppm)
        return unit

    def settlement_unit_fen(self, side: int) -> int:
        """Margin of one lot at the previous settlement: what an order freezes and what yesterday's lots hold."""
        return self.long_unit_fen if side == LONG else self.short_unit_fen


class Contract:
    """One contract in the counter."""

    __slots__ = (
        "base",
        "cleared_fen",
        "closed_to_natural",
        "delivery",
        "entered_day",
        "expired",
        "instrument_id",
        "killed",
        "last_value_fen",
        "lot_multiple",
        "margin_floor_ppm",
        "position_limit",
        "restricted",
        "rung",
        "settlement_ticks",
        "spec",
        "tariffs",
        "tenant_rates",
        "tick_value_fen",
    )

    def __init__(self, spec: Instrument) -> None:
        self.instrument_id: Final = spec.instrument_id
        self.spec = spec
        self.tick_value_fen = spec.tick_value_fen
        self.settlement_ticks = spec.previous_settlement_ticks
        self.last_value_fen = spec.previous_settlement_ticks * spec.tick_value_fen  # of one lot, at the last price
        self.cleared_fen = 0  # profits taken to cash so far, all accounts together
        self.killed = False
        self.tenant_rates: Final[dict[int, Rates]] = {}
        self.tariffs: Final[dict[int, Tariff]] = {}
        # What venue rules add to the terms: the ladder of one-sided markets, and the road to delivery.
        self.rung: Rung | None = None
        self.delivery: Delivery | None = None
        self.margin_floor_ppm = 0  # the least margin of anybody
        self.lot_multiple = 1
        self.position_limit = 0  # of one account in one direction; 0: none
        self.closed_to_natural = False  # natural persons may not open any more
        self.restricted = False  # either of the two: the one question that an order asks
        self.expired = False
        self.entered_day = 0  # whose terms these are; 0: no rule of the venue has moved the contract yet
        self.base = self._tariff(None)

    def _tariff(self, rates: Rates | None) -> Tariff:
        return Tariff(
            exchange=self.spec.rates,
            tenant=rates,
            settlement_value_fen=self.settlement_ticks * self.tick_value_fen,
            floor_ppm=self.margin_floor_ppm,
        )

    @property
    def limit_ppm_in_force(self) -> int:
        """The price limit that the next band is made of: the wider of the contract's own and the ladder's."""
        own = self.spec.limit_ppm
        return own if self.rung is None or self.rung.limit_ppm < own else self.rung.limit_ppm

    def enter_day(self, trading_day: int) -> None:
        """Take the terms of a trading day; whoever calls puts the settlement price next, which makes the rates."""
        self.entered_day = trading_day
        step = delivery_step(self.delivery, trading_day)
        self.margin_floor_ppm = max(step.margin_ppm, 0 if self.rung is None else self.rung.margin_ppm)
        self.lot_multiple = step.lot_multiple
        self.position_limit = step.position_limit
        last_open_day = 0 if self.delivery is None else self.delivery.natural_open_day
        self.closed_to_natural = 0 < last_open_day < trading_day
        self.restricted = self.closed_to_natural or self.lot_multiple > 1

    def ends_before(self, trading_day: int) -> bool:
        """Say whether the contract expires with the settlement that opens this day."""
        return self.delivery is not None and not self.expired and self.spec.last_trading_day < trading_day

    def tariff(self, tenant_id: int) -> Tariff:
        """The rates in force for a tenant."""
        return self.tariffs.get(tenant_id, self.base)

    def put_rates(self, tenant_id: int, rates: Rates) -> None:
        """Set a tenant's own rates; lots held keep their margin until the settlement."""
        self.tenant_rates[tenant_id] = rates
        self.tariffs[tenant_id] = self._tariff(rates)

    def put_spec(self, spec: Instrument) -> None:
        """Take new terms; lots held keep their margin until the settlement."""
        self.spec = spec
        self.tick_value_fen = spec.tick_value_fen
        self.put_settlement(spec.previous_settlement_ticks)

    def put_settlement(self, settlement_ticks: int) -> None:
        """Value everything new at this settlement price."""
        self.settlement_ticks = settlement_ticks
        if self.spec.previous_settlement_ticks != settlement_ticks:
            self.spec = replace(self.spec, previous_settlement_ticks=settlement_ticks)
        self.base = self._tariff(None)
        for tenant_id, rates in self.tenant_rates.items():
            self.tariffs[tenant_id] = self._tariff(rates)
