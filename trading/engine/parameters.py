"""Dated parameters: what an exchange, a broker or a broker's client row says of margin, fees and limits.

Exchanges announce such figures for a contract or a product, in force from a trading day on, with a notice as source
(domain facts 2.1, 2.4 and 2.5; the fields are those of CTP's InstrumentMarginRate and InstrumentCommissionRate).
"""

from __future__ import annotations

from typing import Final

import msgspec

# The larger side (单向大边): only the larger of long and short margin is charged, of each contract or of a product.
LARGER_SIDE_OFF: Final = 0
LARGER_SIDE_CONTRACT: Final = 1
LARGER_SIDE_PRODUCT: Final = 2

Key = tuple[int, int, int, str, bool]
"""Whose rule and about what: tenant (0: the exchange), account (0: all), contract (0: the product), product, hedge."""


class Parameters(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What one row says; None: nothing. Ratios in millionths, money in fen a lot or a message, quantities in lots."""

    long_margin_ppm: int | None = None
    short_margin_ppm: int | None = None
    long_margin_fen: int | None = None  # by volume: added to the part by money
    short_margin_fen: int | None = None
    margin_relative: bool = False  # the row's margins are added to the exchange's instead of standing for themselves
    larger_side: int | None = None
    open_fen: int | None = None
    open_ppm: int | None = None
    close_fen: int | None = None
    close_ppm: int | None = None
    close_today_fen: int | None = None
    close_today_ppm: int | None = None
    order_fen: int | None = None  # for each order entered
    cancel_fen: int | None = None  # for each order cancelled or replaced by its client
    max_order_qty: int | None = None
    max_position_qty: int | None = None  # of each contract and direction
    limit_ppm: int | None = None  # price limit either side of the previous settlement


class ParameterRow(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One row: in force from `effective_day` (YYYYMMDD) until a later row of the same key takes its place."""

    row_id: int  # from 1, over all rows
    tenant_id: int
    account_id: int
    instrument_id: int
    product: str  # "SHFE.au"; "" for one contract
    hedge: bool
    effective_day: int
    fields: Parameters
    source: str  # the notice behind it
    maker: str
    checker: str

    def key(self) -> Key:
        """Whose rule and about what."""
        return (self.tenant_id, self.account_id, self.instrument_id, self.product, self.hedge)
