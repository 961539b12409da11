"""What the counter keeps of one contract: its terms, the prices it values by, and who pays which rates."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from trading.engine.counter.margin import margin_unit_fen
from trading.engine.instrument import Instrument, Rates
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

    def __init__(self, *, exchange: Rates, tenant: Rates | None, settlement_value_fen: int) -> None:
        """The higher margin wins; a tenant's fees, once set, replace the exchange's."""
        own = exchange if tenant is None else tenant
        self.long_margin_ppm: Final = max(exchange.long_margin_ppm, own.long_margin_ppm)
        self.short_margin_ppm: Final = max(exchange.short_margin_ppm, own.short_margin_ppm)
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
        "instrument_id",
        "killed",
        "last_value_fen",
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
        self.base = self._tariff(None)

    def _tariff(self, rates: Rates | None) -> Tariff:
        return Tariff(
            exchange=self.spec.rates,
            tenant=rates,
            settlement_value_fen=self.settlement_ticks * self.tick_value_fen,
        )

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
