"""What the counter keeps of one contract: its terms, the prices it values by, and who pays which rates."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from trading.engine.bounds import ORDER_QTY_MAX
from trading.engine.counter.margin import margin_unit_fen
from trading.engine.counter.parameter_book import ParameterBook
from trading.engine.counter.resolving import Level, Resolved, limit_ppm_of, product_of, smaller_limit
from trading.engine.instrument import Instrument, Rates
from trading.engine.ladders import Delivery, Rung, delivery_step
from trading.engine.parameters import LARGER_SIDE_OFF
from trading.engine.types import LONG


class Tariff:
    """Margins, fees and limits in force for somebody on one contract, with the margin of a lot at the settlement."""

    __slots__ = (
        "cancel_fen",
        "close_fen",
        "close_ppm",
        "close_today_fen",
        "close_today_ppm",
        "is_plain",
        "larger_side",
        "long_margin_fen",
        "long_margin_ppm",
        "long_unit_fen",
        "long_units",
        "max_order_qty",
        "max_position_qty",
        "open_fen",
        "open_ppm",
        "order_fen",
        "short_margin_fen",
        "short_margin_ppm",
        "short_unit_fen",
        "short_units",
    )

    def __init__(
        self,
        *,
        exchange: Rates,
        tenant: Rates | None,
        settlement_value_fen: int,
        floor_ppm: int = 0,
        long_margin_fen: int = 0,
        short_margin_fen: int = 0,
        order_fen: int = 0,
        cancel_fen: int = 0,
        max_order_qty: int = ORDER_QTY_MAX,
        max_position_qty: int = 0,
        larger_side: int = LARGER_SIDE_OFF,
    ) -> None:
        """The highest margin wins; a tenant's fees, once set, replace the exchange's."""
        own = exchange if tenant is None else tenant
        self.long_margin_fen: Final = long_margin_fen
        self.short_margin_fen: Final = short_margin_fen
        self.order_fen: Final = order_fen
        self.cancel_fen: Final = cancel_fen
        self.max_order_qty: Final = max_order_qty
        self.max_position_qty: Final = max_position_qty  # 0: no limit
        self.larger_side: Final = larger_side
        self.is_plain: Final = not (order_fen or max_position_qty)  # opening asks for no more than margin and fee
        self.long_margin_ppm: Final = max(exchange.long_margin_ppm, own.long_margin_ppm, floor_ppm)
        self.short_margin_ppm: Final = max(exchange.short_margin_ppm, own.short_margin_ppm, floor_ppm)
        self.long_unit_fen: Final = margin_unit_fen(settlement_value_fen, self.long_margin_ppm) + long_margin_fen
        self.short_unit_fen: Final = margin_unit_fen(settlement_value_fen, self.short_margin_ppm) + short_margin_fen
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
        if side == LONG:
            unit = margin_unit_fen(lot_value_fen, self.long_margin_ppm) + self.long_margin_fen
            self.long_units[lot_value_fen] = unit
        else:
            unit = margin_unit_fen(lot_value_fen, self.short_margin_ppm) + self.short_margin_fen
            self.short_units[lot_value_fen] = unit
        return unit

    def settlement_unit_fen(self, side: int) -> int:
        """Margin of one lot at the previous settlement: what an order freezes and what yesterday's lots hold."""
        return self.long_unit_fen if side == LONG else self.short_unit_fen


class Contract:
    """One contract in the counter. `tariffs` is by tenant, and by minus the account for those that pay otherwise."""

    __slots__ = (
        "base",
        "book",
        "charges_messages",
        "cleared_fen",
        "closed_to_natural",
        "delivery",
        "entered_day",
        "expired",
        "instrument_id",
        "killed",
        "last_value_fen",
        "limit_ppm",
        "lot_multiple",
        "margin_floor_ppm",
        "position_limit",
        "product",
        "restricted",
        "rung",
        "settlement_ticks",
        "spec",
        "tariffs",
        "tenant_rates",
        "tick_value_fen",
    )

    def __init__(self, spec: Instrument, book: ParameterBook) -> None:
        self.instrument_id: Final = spec.instrument_id
        self.book: Final = book
        self.spec = spec
        self.product = product_of(spec)
        self.tick_value_fen = spec.tick_value_fen
        self.settlement_ticks = spec.previous_settlement_ticks
        self.last_value_fen = spec.previous_settlement_ticks * spec.tick_value_fen  # of one lot, at the last price
        self.cleared_fen = 0  # profits taken to cash so far, all accounts together
        self.killed = False
        self.limit_ppm = spec.limit_ppm  # the price limit in force from the next settlement on
        self.charges_messages = False  # whether anybody pays for entering or cancelling an order
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
        self.base = self._plain(None)
        self.refresh()

    def _plain(self, rates: Rates | None) -> Tariff:
        """The tariff without any dated row."""
        return Tariff(
            exchange=self.spec.rates,
            tenant=rates,
            settlement_value_fen=self.settlement_ticks * self.tick_value_fen,
            floor_ppm=self.margin_floor_ppm,
            max_order_qty=self.spec.max_order_qty,
            max_position_qty=self.position_limit,
        )

    def _tariff(self, tenant_id: int, account_id: int, hedge: bool) -> Tariff:
        """What dated rows, undated rates and venue rules give for somebody; 0 for nobody in particular."""
        spec, book = self.spec, self.book
        rates = self.tenant_rates.get(tenant_id)
        if not book.rows:
            return self._plain(rates)
        levels = [Level(book, spec, 0, 0, hedge, spec.rates)]
        if tenant_id:
            levels.append(Level(book, spec, tenant_id, 0, hedge, rates))
        if account_id:
            levels.append(Level(book, spec, tenant_id, account_id, hedge, None))
        found = Resolved(spec, levels)
        return Tariff(
            exchange=found.rates,
            tenant=None,
            settlement_value_fen=self.settlement_ticks * self.tick_value_fen,
            floor_ppm=self.margin_floor_ppm,
            long_margin_fen=found.long_margin_fen,
            short_margin_fen=found.short_margin_fen,
            order_fen=found.order_fen,
            cancel_fen=found.cancel_fen,
            max_order_qty=found.max_order_qty,
            max_position_qty=smaller_limit(found.max_position_qty, self.position_limit),
            larger_side=found.larger_side,
        )

    def refresh(self) -> None:
        """Take up the rows in force and the venue's rules. Accounts without own rows share one object a tenant."""
        book, tariffs = self.book, self.tariffs
        self.limit_ppm = limit_ppm_of(book, self.spec) if book.rows else self.spec.limit_ppm
        self.base = self._tariff(0, 0, False)
        tariffs.clear()
        for tenant_id in sorted({*self.tenant_rates, *book.tenants_with_rows()}):
            tariffs[tenant_id] = self._tariff(tenant_id, 0, False)
        hedging: dict[int, Tariff] = {}
        for account_id, (tenant_id, hedge) in book.special.items():
            if book.has_own(account_id, tenant_id, self.instrument_id, self.product):
                tariffs[-account_id] = self._tariff(tenant_id, account_id, hedge)
            elif not hedge:
                tariffs[-account_id] = tariffs.get(tenant_id, self.base)
            else:
                if tenant_id not in hedging:
                    hedging[tenant_id] = self._tariff(tenant_id, 0, True)
                tariffs[-account_id] = hedging[tenant_id]
        self.charges_messages = any(tariff.order_fen or tariff.cancel_fen for tariff in (self.base, *tariffs.values()))

    @property
    def limit_ppm_in_force(self) -> int:
        """The price limit of the next band: the widest of the contract's own, of dated rows and of the ladder."""
        return self.limit_ppm if self.rung is None else max(self.limit_ppm, self.rung.limit_ppm)

    def enter_day(self, trading_day: int) -> None:
        """Take the terms of a trading day; whoever calls puts the settlement price next, which makes the tariffs."""
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

    def is_tradable(self, trading_day: int) -> bool:
        """Say whether its terms let anybody trade it on a day; before the first day (0) nobody can."""
        return self.spec.tradable and 0 < trading_day <= self.spec.last_trading_day

    def tariff(self, key: int) -> Tariff:
        """What is in force for an account's `tariff_key`."""
        return self.tariffs.get(key, self.base)

    def put_rates(self, tenant_id: int, rates: Rates) -> None:
        """Set a tenant's own rates; lots held keep their margin until the settlement."""
        self.tenant_rates[tenant_id] = rates
        self.refresh()

    def put_spec(self, spec: Instrument) -> None:
        """Take new terms; lots held keep their margin until the settlement."""
        self.spec = spec
        self.product = product_of(spec)
        self.tick_value_fen = spec.tick_value_fen
        self.put_settlement(spec.previous_settlement_ticks)

    def put_floor(self, margin_floor_ppm: int) -> None:
        """Take the least margin of anybody as an event told it: for whoever follows the engine from outside."""
        self.margin_floor_ppm = margin_floor_ppm
        self.refresh()

    def put_settlement(self, settlement_ticks: int) -> None:
        """Value everything new at this settlement price."""
        self.settlement_ticks = settlement_ticks
        if self.spec.previous_settlement_ticks != settlement_ticks:
            self.spec = replace(self.spec, previous_settlement_ticks=settlement_ticks)
        self.refresh()
