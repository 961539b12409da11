"""Every reason for which the engine refuses, as one table: stable code -> CTP's error number where one exists.

The code travels in events, the API and the database; the words for people are in `trading.choices`. A refusal always
carries figures (integers by name) that explain it: needed, available, limit, and the like.
"""

from typing import Final

INSUFFICIENT_MARGIN: Final = "insufficient_margin"
OVER_CLOSE: Final = "over_close"
OVER_CLOSE_TODAY: Final = "over_close_today"
OVER_CLOSE_YESTERDAY: Final = "over_close_yesterday"
CLOSE_ONLY_ACCOUNT: Final = "close_only"
ACCOUNT_BLOCKED: Final = "account_frozen"
ACCOUNT_UNKNOWN: Final = "account_not_found"
ACCOUNT_EXISTS: Final = "account_exists"
INSTRUMENT_UNKNOWN: Final = "instrument_not_found"
INSTRUMENT_CLOSED: Final = "market_closed"
PRICE_BAND: Final = "price_band"
PRICE_BAD: Final = "price_tick"
QTY_BAD: Final = "quantity"
QTY_OVER_MAX: Final = "order_quantity_limit"
FIELD_BAD: Final = "invalid_field"
POSITION_LIMIT: Final = "position_limit"
ORDER_COUNT_LIMIT: Final = "working_orders_limit"
RATE_LIMITED: Final = "rate_limited"
KILL_SWITCH: Final = "kill_switch"
TRADING_DAY: Final = "trading_day"
DUPLICATE: Final = "duplicate_client_order_id"
ORDER_UNKNOWN: Final = "order_not_found"
ORDER_TERMINAL: Final = "too_late_to_cancel"
REPLACE_BAD: Final = "replace_not_allowed"
MAKER_IS_CHECKER: Final = "maker_is_checker"
REFERENCE_USED: Final = "reference_used"
WITHDRAW_OVER: Final = "over_withdrawable"
AMOUNT_BAD: Final = "amount"
ROLL_BAD: Final = "settlement_prices"
MARKET_EMPTY: Final = "no_liquidity"
DISK_FULL: Final = "disk_full"
TERMS_BAD: Final = "order_terms"
WRONG_PHASE: Final = "wrong_phase"
STOP_SIDE: Final = "stop_side"
POST_ONLY: Final = "post_only"
LEG_UNKNOWN: Final = "other_leg_not_found"
LEG_BAD: Final = "other_leg_not_allowed"
GUARD_PRICE: Final = "protection_price"
TIMER_BAD: Final = "cancel_after_not_due"
PHASE_BAD: Final = "phase_change"
SETTLING: Final = "settlement_running"
SETTLEMENT_ORDER: Final = "settlement_order"
FORCED_ORDER: Final = "forced_order"
LIQUIDATION_OPEN: Final = "liquidation_open"
LIQUIDATION_NONE: Final = "liquidation_not_open"
LIQUIDATION_TRIGGER: Final = "liquidation_trigger"
LIQUIDATION_NEEDLESS: Final = "liquidation_not_needed"
LIQUIDATION_PLAN: Final = "liquidation_plan"
LIQUIDATION_STEP: Final = "liquidation_step"
LIQUIDATION_OVER: Final = "liquidation_over_plan"
UNCONFIRMED: Final = "settlement_not_confirmed"
STATEMENT_UNKNOWN: Final = "statement_not_found"
STATEMENT_VERSION: Final = "statement_version"
PARAMETER_BAD: Final = "parameter_value"
PARAMETER_PAST: Final = "parameter_past"
PARAMETER_OVERLAP: Final = "parameter_overlap"
PARAMETER_UNKNOWN: Final = "parameter_not_found"
HEDGE_NOT_FLAT: Final = "hedge_not_flat"
CONTRACT_EXPIRED: Final = "contract_expired"
LOT_MULTIPLE: Final = "lot_multiple"
NATURAL_PERSON: Final = "natural_person"

CTP_ERROR_ID: Final[dict[str, int]] = {
    INSUFFICIENT_MARGIN: 31,
    OVER_CLOSE: 30,
    OVER_CLOSE_TODAY: 50,
    OVER_CLOSE_YESTERDAY: 51,
    CLOSE_ONLY_ACCOUNT: 29,
    ACCOUNT_BLOCKED: 28,
    INSTRUMENT_UNKNOWN: 16,
    INSTRUMENT_CLOSED: 17,
    FIELD_BAD: 15,
    PRICE_BAD: 95,
    PRICE_BAND: 95,
    POSITION_LIMIT: 106,
    RATE_LIMITED: 116,
    DUPLICATE: 22,
    ORDER_UNKNOWN: 25,
    ORDER_TERMINAL: 26,
    TERMS_BAD: 15,
    WRONG_PHASE: 17,
    STOP_SIDE: 95,
    SETTLING: 17,
    FORCED_ORDER: 26,
    UNCONFIRMED: 42,
    CONTRACT_EXPIRED: 17,
}
