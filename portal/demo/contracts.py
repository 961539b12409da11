"""Gold contracts as the exchange lists them, for the demo and for a first real installation.

Size, tick, months, last trading days and the 500-lot limit are the contract's text; margin 16 % and limit 14 % are
the exchange's values in force since the settlement of 2025-10-21; 10 yuan a lot with closing today free is the usual
gold fee. All are parameters: `PutInstrument` changes them any day.
"""

from __future__ import annotations

from typing import Final

from trading.engine.instrument import Fees, Instrument, Rates

VENUE: Final = "SHFE"
GOLD_TICK_E4: Final = 200  # 0.02 yuan a gram
GOLD_LOT_GRAMS: Final = 1_000
GOLD_TICK_VALUE_FEN: Final = 2_000  # 0.02 yuan x 1,000 g
TICKS_PER_YUAN: Final = 50

_EXCHANGE_RATES: Final = Rates(
    long_margin_ppm=160_000, short_margin_ppm=160_000, fees=Fees(open_fen=1_000, close_fen=1_000, close_today_fen=0)
)

# Month, last trading day (the 15th, moved on over holidays), price in yuan a gram from which the demo begins:
# far months are dearer by the cost of carrying gold.
_MONTHS: Final = (
    ("2612", 20261215, 1_000),
    ("2702", 20270222, 1_004),
    ("2704", 20270415, 1_008),
    ("2706", 20270615, 1_012),
)


def gold_contracts() -> list[Instrument]:
    """Return the listed months, the main one first."""
    return [
        Instrument(
            instrument_id=number,
            symbol=f"{VENUE}.au{month}",
            venue=VENUE,
            product="au",
            name_zh=f"黄金{month}",
            name_en=f"Gold {month}",
            multiplier=GOLD_LOT_GRAMS,
            tick_e4=GOLD_TICK_E4,
            tick_value_fen=GOLD_TICK_VALUE_FEN,
            rates=_EXCHANGE_RATES,
            limit_ppm=140_000,
            band_rounds_down=True,
            close_means_yesterday=True,
            max_order_qty=500,
            previous_settlement_ticks=yuan * TICKS_PER_YUAN,
            last_trading_day=last_day,
        )
        for number, (month, last_day, yuan) in enumerate(_MONTHS, start=1)
    ]
