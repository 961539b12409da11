"""The JSON bodies of /api/v1 as serializers: inputs are checked by them, outputs are described by them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from trading.choices import (
    ACCOUNT_STATUS_CODES,
    OFFSET_CODES,
    ORDER_STATUS_CODES,
    ORDER_TYPE_CODES,
    PHASE_WORDS,
    POSITION_SIDE_CODES,
    SIDE_CODES,
    TIME_IN_FORCE_CODES,
)
from trading.engine.bounds import ORDER_QTY_MAX
from trading.shapes.numbers import parse_day
from trading.shapes.order_terms import NO_DATE
from trading.shapes.orders import CLIENT_ORDER_ID_PATTERN

# Python's `$` also matches before a final line feed, which belongs in no price and no id.
_PRICE = r"^[0-9]{1,15}(\.[0-9]{1,9})?\Z"
_CLIENT_ORDER_ID = CLIENT_ORDER_ID_PATTERN.replace("$", r"\Z")
ACCOUNT_MAX = 2**31 - 1


class Decimal(serializers.CharField):
    """A decimal number as text; programs must not read it as a float."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"help_text": "Decimal text", **kwargs})


class Strict(serializers.Serializer[Any]):
    """An input body in which an unknown field is a mistake: ignoring `stop_price` could cost somebody money."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse unknown fields by name."""
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        faults: dict[str, Any] = {
            str(name)[:64]: [serializers.ErrorDetail(_("There is no such field."), code="unknown")]
            for name in sorted(unknown)
        }
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as problem:
            raise serializers.ValidationError({**problem.detail, **faults}) from problem  # type: ignore[dict-item]
        if faults:
            raise serializers.ValidationError(faults)
        return value


class WholeNumber(serializers.IntegerField):
    """A JSON number without a fraction: "3", 3.0 and true are mistakes."""

    def to_internal_value(self, data: Any) -> int:
        """Take integers only."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A JSON string as it was sent: numbers are not turned into text on the quiet, nothing is trimmed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        """Take strings only."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Pattern(Text, serializers.RegexField):
    """A JSON string of a form."""


class YesNo(serializers.BooleanField):
    """true or false: "yes" and 1 are mistakes."""

    def to_internal_value(self, data: Any) -> bool:
        """Take booleans only."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


def _optional_price(help_text: str) -> Pattern:
    return Pattern(regex=_PRICE, max_length=25, required=False, allow_null=True, help_text=help_text)


class PreviewInput(Strict):
    """An order to try out."""

    account = WholeNumber(min_value=1, max_value=ACCOUNT_MAX)
    trading_day = Text(min_length=10, max_length=10, required=False, help_text="2026-11-23; default: the day in force")
    symbol = Text(max_length=24, help_text="SHFE.au2612 (au2612.SHFE and AU2612 are understood)")
    side = serializers.ChoiceField(choices=list(SIDE_CODES))
    position_effect = serializers.ChoiceField(choices=list(OFFSET_CODES), default="auto")
    type = serializers.ChoiceField(choices=list(ORDER_TYPE_CODES), default="limit")
    time_in_force = serializers.ChoiceField(choices=list(TIME_IN_FORCE_CODES), default="day")
    qty = WholeNumber(min_value=1, max_value=ORDER_QTY_MAX)
    limit_price = Pattern(regex=_PRICE, max_length=25, required=False, allow_null=True)
    stop_price = _optional_price("Of a stop: the last price that turns it into an order")
    trail_price = _optional_price("Of a trailing stop: the distance its trigger keeps")
    min_qty = WholeNumber(
        min_value=1,
        max_value=ORDER_QTY_MAX,
        required=False,
        allow_null=True,
        help_text="Of a FAK (ioc): this or nothing",
    )
    display_qty = WholeNumber(
        min_value=1, max_value=ORDER_QTY_MAX, required=False, allow_null=True, help_text="Of an iceberg: lots shown"
    )
    post_only = YesNo(default=False, help_text="Refused rather than trading on entry")
    good_till = Text(
        min_length=10, max_length=10, required=False, allow_null=True, help_text="Of a gtd order: its last trading day"
    )
    other_leg = Pattern(
        regex=_CLIENT_ORDER_ID, max_length=64, required=False, allow_null=True,
        help_text="client_order_id of the working order that this stop shares its fate with (one cancels the other)",
    )  # fmt: skip
    take_profit_price = _optional_price("A limit order at this price closes what this order opens")
    stop_loss_price = _optional_price("A stop at this price closes what this order opens")

    def validate_trading_day(self, value: str) -> int:
        """Turn the day's text into the engine's number."""
        day = parse_day(value)
        if day is None:
            raise serializers.ValidationError(_(NO_DATE), code="invalid")
        return day


class OrderInput(PreviewInput):
    """A new order. `client_order_id` makes repeating it safe."""

    client_order_id = Pattern(regex=_CLIENT_ORDER_ID, max_length=64)
    trading_day = Text(min_length=10, max_length=10, help_text="The trading day the client was told: 2026-11-23")


class ReplaceInput(Strict):
    """A working order's new total quantity and price."""

    account = WholeNumber(min_value=1, max_value=ACCOUNT_MAX, required=False)
    qty = WholeNumber(min_value=1, max_value=ORDER_QTY_MAX)
    limit_price = _optional_price("Of every order that has a limit")
    stop_price = _optional_price("A held stop's new trigger; left out: as it is")


class CancelAllInput(Strict):
    """Which orders to cancel."""

    account = WholeNumber(min_value=1, max_value=ACCOUNT_MAX)
    symbol = Text(max_length=24, required=False, allow_null=True)


class CancelAfterInput(Strict):
    """A dead man's switch: say it again within the time, or all working orders are canceled."""

    account = WholeNumber(min_value=1, max_value=ACCOUNT_MAX)
    seconds = WholeNumber(min_value=0, max_value=3600, help_text="1 to 3600; 0 turns it off")


class CancelAfterOutput(serializers.Serializer[Any]):
    """When the switch fires."""

    account = serializers.IntegerField()
    cancel_at = serializers.DateTimeField(allow_null=True)
    seq = serializers.IntegerField()


class OrderOutput(serializers.Serializer[Any]):
    """An order as it stands."""

    id = serializers.CharField()
    client_order_id = serializers.CharField()
    account = serializers.IntegerField()
    symbol = serializers.CharField()
    side = serializers.ChoiceField(choices=list(SIDE_CODES))
    position_effect = serializers.ChoiceField(choices=list(OFFSET_CODES))
    type = serializers.ChoiceField(choices=list(ORDER_TYPE_CODES))
    time_in_force = serializers.ChoiceField(choices=list(TIME_IN_FORCE_CODES))
    trading_day = serializers.DateField()
    qty = serializers.IntegerField()
    filled_qty = serializers.IntegerField()
    leaves_qty = serializers.IntegerField()
    limit_price = Decimal(allow_null=True)
    stop_price = Decimal(allow_null=True)
    terms = serializers.DictField(
        allow_null=True, help_text="What makes the order more than plain, as it was asked for"
    )
    filled_avg_price = Decimal(allow_null=True)
    status = serializers.ChoiceField(choices=list(ORDER_STATUS_CODES))
    reject_code = serializers.CharField(allow_null=True)
    figures = serializers.DictField(allow_null=True)
    cancel_reason = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField(allow_null=True)
    updated_at = serializers.DateTimeField(allow_null=True)
    seq = serializers.IntegerField(help_text="Journal number of the last change")
    received_ns = serializers.IntegerField()
    acked_ns = serializers.IntegerField()


class PreviewOutput(serializers.Serializer[Any]):
    """What an order would need and do."""

    ok = serializers.BooleanField()
    code = serializers.CharField(allow_null=True)
    figures = serializers.DictField(allow_null=True)
    detail = serializers.CharField(allow_null=True)
    margin = Decimal()
    fee = Decimal()
    available = Decimal()
    available_after = Decimal()
    risk_degree_after = Decimal()
    max_qty = serializers.IntegerField()
    position_effect = serializers.ChoiceField(choices=list(OFFSET_CODES))


class CanceledAllOutput(serializers.Serializer[Any]):
    """The journal number at which everything was canceled."""

    account = serializers.IntegerField()
    seq = serializers.IntegerField()


class FillOutput(serializers.Serializer[Any]):
    """One side of a trade."""

    id = serializers.CharField()
    order_id = serializers.CharField()
    client_order_id = serializers.CharField()
    account = serializers.IntegerField()
    symbol = serializers.CharField()
    side = serializers.ChoiceField(choices=list(SIDE_CODES))
    position_effect = serializers.ChoiceField(choices=list(OFFSET_CODES))
    qty = serializers.IntegerField()
    price = Decimal()
    fee = Decimal()
    close_profit = Decimal(help_text="By date: what went to cash")
    close_profit_by_trade = Decimal()
    liquidity = serializers.ChoiceField(choices=["maker", "taker"])
    trading_day = serializers.DateField()
    at = serializers.DateTimeField()
    seq = serializers.IntegerField()


class PositionOutput(serializers.Serializer[Any]):
    """One direction of one contract, at the last price."""

    account = serializers.IntegerField()
    symbol = serializers.CharField()
    side = serializers.ChoiceField(choices=list(POSITION_SIDE_CODES))
    qty = serializers.IntegerField()
    today_qty = serializers.IntegerField()
    yesterday_qty = serializers.IntegerField()
    closable_today = serializers.IntegerField()
    closable_yesterday = serializers.IntegerField()
    avg_open_price = Decimal(allow_null=True)
    open_cost = Decimal()
    mark_cost = Decimal()
    margin = Decimal()
    last = Decimal()
    profit_by_date = Decimal()
    profit_by_trade = Decimal()


class FundsOutput(serializers.Serializer[Any]):
    """An account's money at the last prices."""

    account = serializers.IntegerField()
    cash = Decimal()
    margin = Decimal()
    frozen_margin = Decimal()
    frozen_fee = Decimal()
    close_profit = Decimal()
    fees = Decimal()
    equity = Decimal()
    available = Decimal()
    position_profit = Decimal()
    risk_degree = Decimal(allow_null=True, help_text="margin / equity; null when no equity is left")
    pre_balance = Decimal()
    deposits = Decimal()
    withdrawals = Decimal()
    corrections = Decimal(help_text="Of ended days, booked today")
    withdrawable = Decimal(help_text="What may leave now")
    withdraw_rule = serializers.DictField(
        help_text="available, floating_gains (not counted), part and part_amount (at most), reserve (stays)"
    )
    seq = serializers.IntegerField()


class LimitsOutput(serializers.Serializer[Any]):
    """An account's own limits; 0 means none."""

    max_order_qty = serializers.IntegerField()
    max_position_qty = serializers.IntegerField()
    max_working_orders = serializers.IntegerField()
    max_orders_per_second = serializers.IntegerField()


class AccountOutput(serializers.Serializer[Any]):
    """A money account."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    client = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=["pending", "active", "closed"])
    status = serializers.ChoiceField(choices=list(ACCOUNT_STATUS_CODES))
    status_reason = serializers.CharField(help_text="Why it was last changed, in the officer's words; empty at first")
    limits = LimitsOutput()
    account_seq = serializers.IntegerField()


class InstrumentOutput(serializers.Serializer[Any]):
    """A contract with its day's figures."""

    symbol = serializers.CharField()
    venue = serializers.CharField()
    product = serializers.CharField()
    name = serializers.CharField()
    multiplier = serializers.IntegerField()
    tick = Decimal()
    price_decimals = serializers.IntegerField()
    tick_value = Decimal()
    margin_long = Decimal()
    margin_short = Decimal()
    fee_open = Decimal(help_text="By lot")
    fee_close = Decimal()
    fee_close_today = Decimal()
    fee_open_ratio = Decimal(help_text="By turnover")
    fee_close_ratio = Decimal()
    fee_close_today_ratio = Decimal()
    lower_limit = Decimal()
    upper_limit = Decimal()
    previous_settlement = Decimal()
    max_order_qty = serializers.IntegerField()
    last_trading_date = serializers.DateField()
    close_means_yesterday = serializers.BooleanField()
    tradable = serializers.BooleanField()
    phase = serializers.ChoiceField(choices=list(PHASE_WORDS.values()))
    expired = serializers.BooleanField(help_text="Its last trading day is settled")
    one_sided = serializers.CharField(allow_null=True, help_text="buy or sell: alone at its limit before the close")
    ladder_step = serializers.IntegerField(help_text="Of the ladder of one-sided markets; 0: not on it")
    ladder_side = serializers.CharField(allow_null=True)
    limit_in_force = Decimal(help_text="The widest of the contract's limit, dated rows' and the ladder's")
    margin_floor = Decimal(allow_null=True, help_text="The least margin of anybody")
    lot_multiple = serializers.IntegerField(help_text="Orders are multiples of this")
    position_limit = serializers.IntegerField(allow_null=True, help_text="Lots in one direction at this stage")
    closed_to_natural_persons = serializers.BooleanField()
    natural_persons_out_by = serializers.DateField(allow_null=True)
    last = Decimal(allow_null=True)
    open = Decimal(allow_null=True)
    high = Decimal(allow_null=True)
    low = Decimal(allow_null=True)
    volume = serializers.IntegerField()
    open_interest = serializers.IntegerField()
    turnover = Decimal()
    average_price = Decimal(allow_null=True, help_text="Of the day's trades")
    open_interest_change = serializers.IntegerField(allow_null=True, help_text="Since the trading day before")
    settlement = Decimal(allow_null=True, help_text="Of this trading day, once it is known")


class DeliveryDutyOutput(serializers.Serializer[Any]):
    """Lots that have to go before delivery."""

    account_id = serializers.IntegerField()
    symbol = serializers.CharField()
    side = serializers.CharField()
    held = serializers.IntegerField()
    qty = serializers.IntegerField(help_text="Lots to be closed")
    by = serializers.DateField(help_text="By the close of this trading day")
    reason = serializers.CharField(help_text="natural_person, position_limit, lot_multiple")


class BookOutput(serializers.Serializer[Any]):
    """Market depth: [price, quantity] from the best outwards."""

    symbol = serializers.CharField()
    seq = serializers.IntegerField()
    bids = serializers.ListField(child=serializers.ListField())
    asks = serializers.ListField(child=serializers.ListField())


class TradeOutput(serializers.Serializer[Any]):
    """A public trade."""

    id = serializers.CharField()
    price = Decimal()
    qty = serializers.IntegerField()
    side = serializers.ChoiceField(choices=list(SIDE_CODES), help_text="Of the order that came second")
    taker_effect = serializers.ChoiceField(choices=list(OFFSET_CODES))
    maker_effect = serializers.ChoiceField(choices=list(OFFSET_CODES))
    open_interest = serializers.IntegerField()
    journal_seq = serializers.IntegerField()
    at = serializers.DateTimeField()


class TickOutput(serializers.Serializer[Any]):
    """A public trade with the day's figures after it; null where an earlier version did not keep them."""

    id = serializers.CharField()
    trading_day = serializers.DateField(allow_null=True)
    phase = serializers.ChoiceField(choices=list(PHASE_WORDS.values()), allow_null=True)
    price = Decimal()
    qty = serializers.IntegerField()
    side = serializers.ChoiceField(choices=list(SIDE_CODES), help_text="Of the order that came second")
    volume = serializers.IntegerField(allow_null=True, help_text="Of the day, this trade included")
    turnover = Decimal(allow_null=True)
    average_price = Decimal(allow_null=True)
    open_interest = serializers.IntegerField()
    open_interest_change = serializers.IntegerField(allow_null=True, help_text="Since the trading day before")
    upper_limit = Decimal(allow_null=True)
    lower_limit = Decimal(allow_null=True)
    previous_settlement = Decimal(allow_null=True)
    settlement = Decimal(allow_null=True, help_text="Of this trading day, once it is known")
    journal_seq = serializers.IntegerField()
    at = serializers.DateTimeField()


class BarOutput(serializers.Serializer[Any]):
    """One bar."""

    start = serializers.DateTimeField()
    start_s = serializers.IntegerField()
    open = Decimal()
    high = Decimal()
    low = Decimal()
    close = Decimal()
    volume = serializers.IntegerField()
    open_interest = serializers.IntegerField()
    source = serializers.ChoiceField(choices=["live", "synthetic", "imported"])  # type: ignore[assignment]


class TimeOutput(serializers.Serializer[Any]):
    """The server's time."""

    server_ns = serializers.IntegerField()
    server_time = serializers.DateTimeField()


class StatusOutput(serializers.Serializer[Any]):
    """Whether trading is possible, and how far everything is."""

    trading = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)
    phase = serializers.CharField(allow_blank=True)
    trading_day = serializers.DateField(allow_null=True)
    day_number = serializers.IntegerField()
    seq = serializers.IntegerField(allow_null=True)
    projection_seq = serializers.IntegerField()
    market_ns = serializers.IntegerField(allow_null=True)
    kill = serializers.DictField()


class StatementOutput(serializers.Serializer[Any]):
    """One day's statement in a list; the document itself is the JSON form."""

    account = serializers.IntegerField()
    trading_day = serializers.DateField()
    version = serializers.IntegerField(help_text="The newest; above 1 after a correction")
    confirmed_version = serializers.IntegerField(allow_null=True)
    equity = Decimal()
    balance_by_trade = Decimal()
    floating_profit = Decimal(help_text="By trade; equity = balance by trade + floating profit")
    margin = Decimal()
    margin_call = Decimal()
    sha256 = serializers.CharField(help_text="Of the JSON form's bytes")
    seq = serializers.IntegerField()


class ConfirmInput(Strict):
    """Which version was read."""

    version = WholeNumber(min_value=1, max_value=ACCOUNT_MAX)


class ConfirmedOutput(serializers.Serializer[Any]):
    """The journal number from which on opening is free."""

    account = serializers.IntegerField()
    trading_day = serializers.DateField()
    version = serializers.IntegerField()
    seq = serializers.IntegerField()


class ProblemOutput(serializers.Serializer[Any]):
    """RFC 9457 problem."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField(required=False)
    code = serializers.CharField(help_text="Stable, for programs")
    figures = serializers.DictField(required=False)
    errors = serializers.ListField(child=serializers.DictField(), required=False)  # type: ignore[assignment]


def list_of(item: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Return the serializer of a page of items."""
    fields = {
        "data": item(many=True),
        "next_cursor": serializers.CharField(allow_null=True),
        "__doc__": f"A page of {item.__name__}.",
    }
    return type(f"{item.__name__}Page", (serializers.Serializer,), fields)


class EventsOutput(serializers.Serializer[Any]):
    """Frames of an account's private stream, as the socket sends them."""

    data = serializers.ListField(child=serializers.DictField())  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
    through = serializers.IntegerField(help_text="Number of the last event that is stored")
