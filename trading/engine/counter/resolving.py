"""From rows to one tariff: which rule counts when several apply at once.

Margins: the higher one, also over the levels exchange, broker and client. Limits: the smaller one. The larger side: as
the most careful level has it, and only where the exchange has it. Fees: the rule with the narrowest aim, clients before
brokers before the exchange, contracts before products. Hedging rules, where a level has them, stand in the place of
that level's general ones. Dated rows of a contract stand in the place of its undated rates on their level.
"""

from __future__ import annotations

from typing import Final

from trading.engine.bounds import RATE_PPM_MAX
from trading.engine.counter.parameter_book import ParameterBook
from trading.engine.instrument import Fees, Instrument, Rates
from trading.engine.parameters import LARGER_SIDE_OFF, Parameters


class Level:
    """The rows of one level (exchange, broker, client) that are about one contract."""

    __slots__ = ("general", "hedge", "undated")

    def __init__(
        self, book: ParameterBook, spec: Instrument, tenant_id: int, account_id: int, hedge: bool, undated: Rates | None
    ) -> None:
        product = product_of(spec)
        keys = ((spec.instrument_id, ""), (0, product))  # the narrower aim first
        # Slots by place: None where there is no row, so that the contract's own is told from the product's.
        self.general: Final = [book.in_force((tenant_id, account_id, one, name, False)) for one, name in keys]
        self.hedge: Final = (
            [book.in_force((tenant_id, account_id, one, name, True)) for one, name in keys] if hedge else []
        )
        self.undated: Final = undated

    def narrow(self) -> list[Parameters]:
        """Rows from the narrowest aim to the widest, hedging ones first."""
        return [row for row in (*self.hedge, *self.general) if row is not None]

    def stated(self, name: str) -> list[Parameters]:
        """The rows whose word on one field counts: the hedging ones, or else the general ones."""
        return _naming(self.hedge, name) or _naming(self.general, name)

    def margin(self, name: str, base: int) -> int:
        """The higher margin of this level; `base` is what relative ones are added to. 0 when nothing is said."""
        found = [getattr(row, name) + (base if row.margin_relative else 0) for row in self.stated(name)]
        own = self.general[0]
        replaced = bool(_naming(self.hedge, name)) or (own is not None and getattr(own, name) is not None)
        if self.undated is not None and not replaced and name.endswith("_ppm"):
            found.append(getattr(self.undated, name))
        return max(found, default=0)

    def least(self, name: str) -> list[int]:
        """The smaller of this level's limits, as a list of one or none."""
        found = [getattr(row, name) for row in self.stated(name)]
        return [min(found)] if found else []


class Resolved:
    """Everything that is in force for somebody on one contract."""

    __slots__ = (
        "cancel_fen",
        "larger_side",
        "long_margin_fen",
        "max_order_qty",
        "max_position_qty",
        "order_fen",
        "rates",
        "short_margin_fen",
    )

    def __init__(self, spec: Instrument, levels: list[Level]) -> None:
        """`levels` begin with the exchange's."""
        long_ppm = min(_margin(levels, "long_margin_ppm"), RATE_PPM_MAX)
        short_ppm = min(_margin(levels, "short_margin_ppm"), RATE_PPM_MAX)
        self.rates: Final = Rates(long_ppm, short_ppm, _fees(levels))
        self.long_margin_fen: Final = _margin(levels, "long_margin_fen")
        self.short_margin_fen: Final = _margin(levels, "short_margin_fen")
        self.order_fen: Final = _first(levels, "order_fen")
        self.cancel_fen: Final = _first(levels, "cancel_fen")
        self.max_order_qty: Final = min([spec.max_order_qty, *_limits(levels, "max_order_qty")])
        self.max_position_qty: Final = min(_limits(levels, "max_position_qty"), default=0)
        modes = _limits(levels, "larger_side")
        self.larger_side: Final = min(modes) if levels[0].stated("larger_side") else LARGER_SIDE_OFF


def smaller_limit(one: int, other: int) -> int:
    """The smaller of two limits, of which 0 is none."""
    return min(one, other) if one and other else one or other


def product_of(spec: Instrument) -> str:
    """How rows name the product of a contract: "SHFE.au"."""
    return f"{spec.venue}.{spec.product}"


def limit_ppm_of(book: ParameterBook, spec: Instrument) -> int:
    """The price limit in force: the wider of the contract's and the product's."""
    of_contract = book.in_force((0, 0, spec.instrument_id, "", False))
    of_product = book.in_force((0, 0, 0, product_of(spec), False))
    limit = spec.limit_ppm
    if of_contract is not None and of_contract.limit_ppm is not None:
        limit = of_contract.limit_ppm
    if of_product is not None and of_product.limit_ppm is not None:
        limit = max(limit, of_product.limit_ppm)
    return limit


def _naming(rows: list[Parameters | None], name: str) -> list[Parameters]:
    return [row for row in rows if row is not None and getattr(row, name) is not None]


def _margin(levels: list[Level], name: str) -> int:
    base = levels[0].margin(name, 0)
    return max([base, *(level.margin(name, base) for level in levels[1:])])


def _limits(levels: list[Level], name: str) -> list[int]:
    return [limit for level in levels for limit in level.least(name)]


def _first(levels: list[Level], name: str) -> int:
    for level in reversed(levels):
        for row in level.narrow():
            value: int | None = getattr(row, name)
            if value is not None:
                return value
    return 0


def _fees(levels: list[Level]) -> Fees:
    open_fen, open_ppm = _pair(levels, "open_fen", "open_ppm")
    close_fen, close_ppm = _pair(levels, "close_fen", "close_ppm")
    today_fen, today_ppm = _pair(levels, "close_today_fen", "close_today_ppm")
    return Fees(open_fen, close_fen, today_fen, open_ppm, close_ppm, today_ppm)


def _pair(levels: list[Level], fen_name: str, ppm_name: str) -> tuple[int, int]:
    """A row that names one of the pair means the other to be 0."""
    for level in reversed(levels):
        for row in level.narrow():
            fen, ppm = getattr(row, fen_name), getattr(row, ppm_name)
            if fen is not None or ppm is not None:
                return fen or 0, ppm or 0
        if level.undated is not None:
            return getattr(level.undated.fees, fen_name), getattr(level.undated.fees, ppm_name)
    return 0, 0
