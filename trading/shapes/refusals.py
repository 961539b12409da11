"""The words for people of every refusal code, with the figures that explain it and what to do next.

Codes are stable and for programs; the words follow the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

DETAILS: Final[Mapping[str, Any]] = {
    "insufficient_margin": _("Needs %(needed)s, available %(available)s. Lower the quantity or deposit money."),
    "over_close": _("Wants to close %(qty)s lots, only %(closable)s can be closed."),
    "over_close_today": _("Wants to close %(qty)s of today's lots, only %(closable)s can be closed."),
    "over_close_yesterday": _("Wants to close %(qty)s of yesterday's lots, only %(closable)s can be closed."),
    "close_only": _("The account may only close positions. Ask your broker's risk desk."),
    "account_frozen": _("The account is blocked. Ask your broker's risk desk."),
    "account_not_found": _("There is no such account."),
    "account_exists": _("The account exists already."),
    "instrument_not_found": _("There is no such contract."),
    "market_closed": _("The contract is not open for trading."),
    "price_band": _("The price %(price)s is outside today's band from %(lower)s to %(upper)s."),
    "price_tick": _("The price is not a multiple of the tick %(tick)s."),
    "quantity": _("The quantity must be a whole number of lots above zero."),
    "order_quantity_limit": _("%(qty)s lots in one order; the limit is %(limit)s."),
    "invalid_field": _("A field is missing or malformed."),
    "position_limit": _("%(held)s lots held, %(working)s working and %(qty)s wanted pass the limit of %(limit)s."),
    "working_orders_limit": _("%(working)s orders are working; the limit is %(limit)s."),
    "rate_limited": _("Too many requests. Wait and send again."),
    "kill_switch": _("Trading is halted by a kill switch."),
    "trading_day": _("The trading day in force is %(trading_day)s."),
    "duplicate_client_order_id": _("The client_order_id was used today for an order with other fields."),
    "order_not_found": _("There is no such order."),
    "too_late_to_cancel": _("The order has already ended."),
    "replace_not_allowed": _("%(filled)s lots are filled already; the quantity must be above that."),
    "maker_is_checker": _("Whoever proposed it cannot approve it."),
    "reference_used": _("This reference was used before."),
    "over_withdrawable": _("Wants to withdraw %(amount)s; %(withdrawable)s can be withdrawn."),
    "amount": _("The amount is not allowed."),
    "settlement_prices": _("The settlement prices are incomplete or outside the limits."),
    "no_liquidity": _("There is nobody to trade with."),
    "order_terms": _("These terms cannot be combined, or do not fit the order."),
    "wrong_phase": _("The contract is not taking this now (%(phase)s). Wait for the next phase."),
    "stop_side": _("The trigger %(trigger)s must lie beyond the last price %(last)s, where it can still be reached."),
    "post_only": _("At %(price)s the order would trade at once: the best price across is %(best)s."),
    "other_leg_not_found": _("The other order of the pair is not working."),
    "other_leg_not_allowed": _(
        "The pair does not fit: same contract, side and offset, at most %(other_qty)s lots, and not paired already."
    ),
    "protection_price": _(
        "Take profit %(take_profit)s and stop loss %(stop_loss)s must lie on either side of %(price)s, inside the band."
    ),
    "cancel_after_not_due": _("The timer is off or has not run out."),
    "phase_change": _("The contract cannot go to this phase from where it is."),
    "settlement_running": _("The settlement is running; this has to wait until it has ended."),
    "settlement_order": _("Not the settlement's next step. The last account settled is %(through)s."),
    "contract_expired": _("The contract has expired; its last trading day was %(last_trading_day)s."),
    "lot_multiple": _("So near to delivery orders are multiples of %(multiple)s lots; %(qty)s is none."),
    "natural_person": _(
        "Natural persons may not open this contract any more: delivery comes near (last trading day"
        " %(last_trading_day)s). Only closing is possible."
    ),
    "forced_order": _("The broker closes with this order by force; it cannot be canceled or changed by you."),
    "liquidation_open": _("The account is being liquidated (no. %(number)s). Wait for its end, or stop it first."),
    "liquidation_not_open": _("There is no such open liquidation."),
    "liquidation_trigger": _("These figures were used before, or are older than the last liquidation. Read them anew."),
    "liquidation_not_needed": _("The risk degree %(degree)s is not above the target %(target)s."),
    "liquidation_plan": _("The plan names %(qty)s lots where %(held)s are held, or names the same lots twice."),
    "liquidation_step": _("Not the next step: it is number %(next)s."),
    "liquidation_over_plan": _("Wants to close %(qty)s lots, %(remaining)s of the row are left."),
    "settlement_not_confirmed": _(
        "Confirm the statement of %(statement_trading_day)s (version %(version)s) before you open positions."
    ),
    "statement_not_found": _("There is no such statement, or it is not one that has to be confirmed."),
    "statement_version": _("The statement's version in force is %(version)s; read it and confirm that one."),
    "parameter_value": _("A parameter is out of bounds, or not this level's to set."),
    "parameter_past": _(
        "The row would begin on %(effective_day)s; the trading day is %(trading_day)s. Choose a later one."
    ),
    "parameter_overlap": _(
        "Row %(row)s of the same aim begins on %(effective_day)s already. Withdraw it, or choose another day."
    ),
    "parameter_not_found": _("There is no such row, or it was withdrawn."),
    "hedge_not_flat": _(
        "The account holds %(held)s lots and has %(working)s working orders; its purpose changes with none of either."
    ),
    "disk_full": _("The system's disk is nearly full; new orders are refused."),
    "trading_unavailable": _("Trading is unavailable at the moment. Repeat with the same client_order_id."),
    "right_missing": _("You do not have the right to do this."),
    "channel_not_found": _("There is no such channel."),
    "too_many_channels": _("More channels than one socket may hold (%(limit)s)."),
    "too_many_in_flight": _("More requests under way than one socket may have (%(limit)s)."),
    "not_found": _("There is nothing here."),
    "not_signed_in": _("Sign in or send an API key."),
    "catching_up": _("The tables are catching up. Ask again in a moment."),
    "malformed_json": _("The body is not valid JSON."),
    "method_not_allowed": _("This method is not possible here."),
    "unsupported_media_type": _("Send JSON (Content-Type: application/json)."),
    "not_acceptable": _("Only JSON can be given."),
    "request_too_large": _("The request is too large."),
    "idempotency_key_reused": _("This Idempotency-Key was used for another request."),
    "idempotency_in_progress": _("A request with this Idempotency-Key is still under way."),
    "wrong_state": _("Not possible in the present state."),
    "internal_error": _("Something went wrong on our side. It has been recorded."),
    "csrf_failed": _("The page is too old. Load it again."),
}


class _Shown(dict[str, object]):
    """Figures for a sentence; one that is missing reads as a dash instead of an error."""

    def __missing__(self, key: str) -> str:
        return "–"

    def __getitem__(self, key: str) -> object:
        found = super().__getitem__(key)
        return "–" if found is None else found


def detail(code: str, figures: Mapping[str, object], language: str) -> str:
    """Return the sentence of a code in a language."""
    sentence = _sentence(code, language)
    return sentence % _Shown(figures) if "%(" in sentence else sentence


@lru_cache(maxsize=512)
def in_language(text: str, language: str) -> str:
    """Return an English sentence of the catalogue in a language; as it is when the catalogue lacks it."""
    with override(language):
        return gettext(text)


@lru_cache(maxsize=512)
def _sentence(code: str, language: str) -> str:
    text = DETAILS.get(code)
    if text is None:
        return code.replace("_", " ")
    with override(language):
        return str(text)
