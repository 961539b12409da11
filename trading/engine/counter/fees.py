"""Fees: lots times the part by lot plus turnover times the part by money, rounded once a fill to the nearest fen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading.engine.bounds import RATE_PPM_MAX

if TYPE_CHECKING:
    from trading.engine.counter.contracts import Tariff


def fee_fen(lots: int, per_lot_fen: int, ppm: int, turnover_fen: int) -> int:
    """One fee of a fill. (By position: keywords cost more than the fee itself, and every fill pays it twice.)"""
    if ppm == 0:
        return lots * per_lot_fen
    return lots * per_lot_fen + (turnover_fen * ppm + RATE_PPM_MAX // 2) // RATE_PPM_MAX


def close_fee_fen(tariff: Tariff, today: int, yesterday: int, lot_value_fen: int) -> int:
    """Fee of closing lots of both buckets at one price."""
    fee = 0
    if today:
        fee = fee_fen(today, tariff.close_today_fen, tariff.close_today_ppm, lot_value_fen * today)
    if yesterday:
        fee += fee_fen(yesterday, tariff.close_fen, tariff.close_ppm, lot_value_fen * yesterday)
    return fee


def freeze_unit_fen(per_lot_fen: int, ppm: int, lot_value_fen: int) -> int:
    """Fee frozen for one lot of a working order. Rounded up, so that the fee of the fill never finds less."""
    if ppm == 0:
        return per_lot_fen
    return per_lot_fen + (lot_value_fen * ppm + RATE_PPM_MAX - 1) // RATE_PPM_MAX


def closing_unit_fen(tariff: Tariff, from_today: int, from_yesterday: int, lot_value_fen: int) -> int:
    """Fee frozen for one lot of a closing order: the higher of those of the buckets it closes."""
    fee = 0
    if from_today:
        fee = freeze_unit_fen(tariff.close_today_fen, tariff.close_today_ppm, lot_value_fen)
    if from_yesterday:
        fee = max(fee, freeze_unit_fen(tariff.close_fen, tariff.close_ppm, lot_value_fen))
    return fee
