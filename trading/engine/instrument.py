"""What the engine must know of a contract, all in whole ticks, lots and fen."""

import msgspec


class Fees(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Fees of one contract: a part by lot in fen and a part by money in millionths of turnover, for each offset."""

    open_fen: int = 0
    close_fen: int = 0
    close_today_fen: int = 0
    open_ppm: int = 0
    close_ppm: int = 0
    close_today_ppm: int = 0


class Rates(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Margin ratios (millionths of contract value, long and short apart) and fees in force for somebody."""

    long_margin_ppm: int
    short_margin_ppm: int
    fees: Fees


class Instrument(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One futures contract.

    `tick_e4` is the size of a tick in 1/10,000 of the currency unit (0.02 CNY/g = 200); `tick_value_fen` is what one
    tick is worth for one lot (0.02 CNY/g x 1,000 g = 20 CNY = 2,000 fen). A price in ticks times `tick_value_fen`
    times lots is contract value in fen.
    """

    instrument_id: int
    symbol: str  # canonical, "SHFE.au2612"
    venue: str
    product: str  # "au"
    name_zh: str
    name_en: str
    multiplier: int  # units per lot (grams for gold)
    tick_e4: int
    tick_value_fen: int
    rates: Rates  # the exchange's own level; a tenant's rates replace it when they are higher (see counter.margin)
    limit_ppm: int  # price limit either side of the previous settlement
    band_rounds_down: bool  # SHFE rounds both limits down to the tick; other venues to nearest
    close_means_yesterday: bool  # SHFE/INE: CLOSE closes yesterday's lots only
    max_order_qty: int
    previous_settlement_ticks: int
    last_trading_day: int  # YYYYMMDD
    tradable: bool = True
    price_rule: int = 0  # PRICE_RESTING or PRICE_MEDIAN
    auction_rule: int = 0  # AUCTION_NEAREST or AUCTION_HIGHEST
