"""The tables that only take new rows, with their columns in the order in which the fold writes a line."""

from __future__ import annotations

from typing import Final

from trading.projections.copy_text import Target

ORDERS: Final = Target(
    "trading_order",
    (
        ("tenant_id", "bigint"),
        ("account_id", "bigint"),
        ("id", "bigint"),
        ("client_order_id", "text"),
        ("trading_day", "integer"),
        ("instrument_id", "integer"),
        ("side", "smallint"),
        ("offset", "smallint"),
        ("order_type", "smallint"),
        ("time_in_force", "smallint"),
        ("actor", "text"),
        ("created_ns", "bigint"),
        ("seq", "bigint"),
        ("qty", "bigint"),
        ("price_ticks", "bigint"),
        ("filled_qty", "integer"),
        ("leaves_qty", "integer"),
        ("canceled_qty", "integer"),
        ("filled_ticks", "bigint"),
        ("status", "smallint"),
        ("reject_code", "text"),
        ("figures", "jsonb"),
        ("cancel_reason", "text"),
        ("replaced_seq", "bigint"),
        ("updated_ns", "bigint"),
        ("last_seq", "bigint"),
        ("trigger_ticks", "bigint"),
        ("triggered_seq", "bigint"),
        ("terms", "jsonb"),
    ),
)

FILLS: Final = Target(
    "trading_fill",
    (
        ("tenant_id", "bigint"),
        ("account_id", "bigint"),
        ("id", "bigint"),
        ("order_id", "bigint"),
        ("instrument_id", "integer"),
        ("trading_day", "integer"),
        ("side", "smallint"),
        ("offset", "smallint"),
        ("qty", "integer"),
        ("price_ticks", "bigint"),
        ("closed_today", "integer"),
        ("closed_yesterday", "integer"),
        ("fee_fen", "bigint"),
        ("close_profit_fen", "bigint"),
        ("close_profit_trade_fen", "bigint"),
        ("at_ns", "bigint"),
        ("market_ns", "bigint"),
        ("seq", "bigint"),
    ),
)

POSTINGS: Final = Target(
    "trading_posting",
    (
        ("tenant_id", "bigint"),
        ("account_id", "bigint"),
        ("journal_seq", "bigint"),
        ("n", "integer"),
        ("kind", "smallint"),
        ("debit", "text"),
        ("credit", "text"),
        ("amount_fen", "bigint"),
        ("fill_id", "bigint"),
        ("reference", "text"),
    ),
)

ACCOUNT_EVENTS: Final = Target(
    "trading_account_event",
    (
        ("tenant_id", "bigint"),
        ("account_id", "bigint"),
        ("account_seq", "bigint"),
        ("count", "smallint"),
        ("journal_seq", "bigint"),
        ("body", "bytea"),
    ),
)
