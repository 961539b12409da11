"""Dated parameters as the API shows them: ratios and money as decimal strings, quantities as numbers."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import asdict

from trading.engine.counter.contracts import Tariff
from trading.engine.parameters import ParameterRow
from trading.shapes.numbers import day_text, money, ratio

LARGER_SIDE_WORDS: Final = {0: "off", 1: "contract", 2: "product"}


def tariff_shape(tariff: Tariff, *, limit_ppm: int) -> dict[str, Any]:
    """Return what holds: margins, fees a lot and by turnover, fees for messages, limits (null: none)."""
    return {
        "margin_long": ratio(tariff.long_margin_ppm),
        "margin_short": ratio(tariff.short_margin_ppm),
        "margin_long_lot": money(tariff.long_margin_fen),
        "margin_short_lot": money(tariff.short_margin_fen),
        "larger_side": LARGER_SIDE_WORDS[tariff.larger_side],
        "fee_open": money(tariff.open_fen),
        "fee_open_ratio": ratio(tariff.open_ppm),
        "fee_close": money(tariff.close_fen),
        "fee_close_ratio": ratio(tariff.close_ppm),
        "fee_close_today": money(tariff.close_today_fen),
        "fee_close_today_ratio": ratio(tariff.close_today_ppm),
        "fee_order": money(tariff.order_fen),
        "fee_cancel": money(tariff.cancel_fen),
        "max_order_qty": tariff.max_order_qty,
        "max_position_qty": tariff.max_position_qty or None,
        "price_limit": ratio(limit_ppm),
    }


def row_shape(row: ParameterRow, *, level: str, symbol: str) -> dict[str, Any]:
    """Return one row. What it does not speak of is left out of `says`."""
    says: dict[str, Any] = {}
    for name, value in asdict(row.fields).items():
        plain, _, part = name.rpartition("_")
        if value is None or value is False:
            continue
        if name == "larger_side":
            says[name] = LARGER_SIDE_WORDS[value]
        elif part == "ppm":
            says[f"{plain}_ratio"] = ratio(value)
        elif part == "fen":
            says[f"{plain}_amount"] = money(value)
        else:
            says[name] = value
    return {
        "row": row.row_id,
        "level": level,
        "aim": row.product or symbol,
        "hedge": row.hedge,
        "effective_day": day_text(row.effective_day),
        "notice": row.source,
        "says": says,
    }
