"""What a client may say on the socket, as typed structs, and how a frame of bytes becomes them.

A frame that is not understood is answered with an error naming the field; it never raises past this module.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

import msgspec

from trading.shapes.order_terms import TermsRequest
from trading.shapes.orders import CLIENT_ORDER_ID_PATTERN

CHANNELS_PER_OP_MAX: Final = 200
OPS_PER_FRAME_MAX: Final = 256

RequestId = int | Annotated[str, msgspec.Meta(max_length=64)] | None
AccountId = Annotated[int, msgspec.Meta(gt=0, lt=2**53)]
Lots = Annotated[int, msgspec.Meta(gt=0, le=1_000_000)]
Price = Annotated[str, msgspec.Meta(min_length=1, max_length=24)]
Symbol = Annotated[str, msgspec.Meta(min_length=1, max_length=24)]
Day = Annotated[str, msgspec.Meta(min_length=10, max_length=10)]
# Python's `$` also matches before a final line feed, which must not get into an id.
ClientOrderId = Annotated[str, msgspec.Meta(pattern=CLIENT_ORDER_ID_PATTERN.replace("$", r"\Z"))]
OrderId = (
    Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,17}\Z")] | Annotated[int, msgspec.Meta(gt=0, le=2**63 - 2)]
)
Channel = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Op(msgspec.Struct, tag_field="op", gc=False, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all requests; `id` comes back with the answer."""

    id: RequestId = None


class OrderNew(Op, tag="order.new", gc=False, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Enter an order."""

    account: AccountId
    trading_day: Day
    client_order_id: ClientOrderId
    symbol: Symbol
    side: Literal["buy", "sell"]
    qty: Lots
    position_effect: Literal["open", "close", "close_today", "close_yesterday", "auto"] = "auto"
    type: Literal["limit", "market", "stop", "stop_limit", "trailing_stop"] = "limit"
    time_in_force: Literal["day", "ioc", "fok", "gtd", "gtc", "auction"] = "day"
    limit_price: Price | None = None
    stop_price: Price | None = None
    trail_price: Price | None = None
    min_qty: Lots | None = None
    display_qty: Lots | None = None
    post_only: bool = False
    good_till: Day | None = None
    other_leg: ClientOrderId | None = None
    take_profit_price: Price | None = None
    stop_loss_price: Price | None = None


class OrderCancel(Op, tag="order.cancel", gc=False, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Cancel one order by our number or by the client's own."""

    account: AccountId
    order_id: OrderId | None = None
    client_order_id: ClientOrderId | None = None


class OrderReplace(Op, tag="order.replace", gc=False, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Change total quantity and price of a working order."""

    account: AccountId
    order_id: OrderId
    qty: Lots
    limit_price: Price | None = None
    stop_price: Price | None = None


class OrdersCancelAll(Op, tag="orders.cancel_all", gc=False, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Cancel everything that works on an account, or on one of its contracts."""

    account: AccountId
    symbol: Symbol | None = None


class OrdersCancelAfter(Op, tag="orders.cancel_after", gc=False, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Dead man's switch: cancel everything unless this is said again within so many seconds; 0 turns it off."""

    account: AccountId
    seconds: Annotated[int, msgspec.Meta(ge=0, le=3600)]


class StatementConfirm(Op, tag="statement.confirm", gc=False, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Agree to the last statement, in the version that was read."""

    account: AccountId
    trading_day: Day
    version: Annotated[int, msgspec.Meta(ge=1, lt=2**31)]


class Subscribe(Op, tag="subscribe", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Ask for channels; `since` names the last number the client holds of a private one."""

    channels: Annotated[list[Channel], msgspec.Meta(max_length=CHANNELS_PER_OP_MAX)]
    since: dict[str, Annotated[int, msgspec.Meta(ge=0, le=2**63 - 2)]] = {}


class Unsubscribe(Op, tag="unsubscribe", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Leave channels."""

    channels: Annotated[list[Channel], msgspec.Meta(max_length=CHANNELS_PER_OP_MAX)]


class Resync(Op, tag="resync", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Ask for a fresh snapshot of a channel whose chain broke."""

    ch: Channel


class Seen(Op, tag="seen", gc=False, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The client has read this many of our frames."""

    seq: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 2)]


class Options(Op, tag="options", gc=False, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Switch optional behaviour of this socket."""

    batch: bool | None = None


class Ping(Op, tag="ping", gc=False, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Is anybody there, and what time is it."""


AnyOp = (
    OrderNew
    | OrderCancel
    | OrderReplace
    | OrdersCancelAll
    | OrdersCancelAfter
    | StatementConfirm
    | Subscribe
    | Unsubscribe
    | Resync
    | Seen
    | Options
    | Ping
)


class BadOp(msgspec.Struct, gc=False, frozen=True):
    """A request that was not understood, ready to be answered."""

    id: RequestId
    code: str
    detail: str
    pointer: str | None


_decode_one: Final = msgspec.json.Decoder(AnyOp).decode
_decode_many: Final = msgspec.json.Decoder(list[AnyOp]).decode
_decode_raw: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_any: Final = msgspec.json.Decoder().decode
_PATH: Final = re.compile(r" - at `([^`]*)`$")


_PLAIN_TYPES: Final = frozenset({"limit", "market"})


def has_terms(op: OrderNew) -> bool:
    """Say whether an order asks for more than a plain one can."""
    return (
        op.type not in _PLAIN_TYPES
        or op.time_in_force == "gtd"
        or op.stop_price is not None
        or op.trail_price is not None
        or op.min_qty is not None
        or op.display_qty is not None
        or op.post_only
        or op.good_till is not None
        or op.other_leg is not None
        or op.take_profit_price is not None
        or op.stop_loss_price is not None
    )


def terms_request(op: OrderNew) -> TermsRequest:
    """Return the terms as they were written."""
    return TermsRequest(
        stop_price=op.stop_price,
        trail_price=op.trail_price,
        min_qty=op.min_qty,
        display_qty=op.display_qty,
        post_only=op.post_only,
        good_till=op.good_till,
        other_leg=op.other_leg,
        take_profit_price=op.take_profit_price,
        stop_loss_price=op.stop_loss_price,
    )


def parse(data: bytes) -> list[AnyOp | BadOp]:
    """Return the requests of one frame: one object, or an array of them."""
    try:
        data = data.lstrip()
        try:
            if data[:1] == b"[":
                return _bounded(_decode_many(data))
            return [_decode_one(data)]
        except msgspec.ValidationError as problem:
            return [_explain(data, problem)] if data[:1] != b"[" else _parse_singly(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        return [BadOp(None, "malformed_json", f"not a JSON object: {problem}"[:200], None)]


def _bounded(found: list[AnyOp]) -> list[AnyOp | BadOp]:
    if len(found) > OPS_PER_FRAME_MAX:
        return [BadOp(None, "frame_too_large", f"more than {OPS_PER_FRAME_MAX} requests in one frame", None)]
    return found  # type: ignore[return-value]


def _parse_singly(data: bytes) -> list[AnyOp | BadOp]:
    # One bad request must not take its neighbours with it: each is read on its own.
    found: list[AnyOp | BadOp] = []
    for raw in _decode_raw(data)[: OPS_PER_FRAME_MAX + 1]:
        try:
            found.append(_decode_one(raw))
        except msgspec.ValidationError as single:
            found.append(_explain(bytes(raw), single))
    return _bounded(found)  # type: ignore[arg-type]


def _explain(data: bytes, problem: msgspec.ValidationError) -> BadOp:
    text = str(problem)
    path = _PATH.search(text)
    detail = (text[: path.start()] if path else text)[:200]
    pointer = _pointer(path[1]) if path else None
    if pointer == "/op" or "required field `op`" in text or (path is None and "Expected `object`" in text):
        return BadOp(_request_id(data), "unknown_op", detail, "/op")
    named = re.search(r"field `(\w+)`", detail)
    if pointer is None and named:
        pointer = f"/{named[1]}"
    return BadOp(_request_id(data), "invalid_field", detail, pointer)


def _pointer(path: str) -> str | None:
    # msgspec writes `$.channels[0]`; RFC 6901 writes /channels/0
    text = re.sub(r"\[(\d+|\.\.\.)\]", r".\1", path.lstrip("$")).replace(".", "/")
    return text or None


def _request_id(data: bytes) -> RequestId:
    try:
        found = _decode_any(data)
    except (msgspec.DecodeError, RecursionError):
        return None
    identity = found.get("id") if isinstance(found, dict) else None
    if isinstance(identity, bool):
        return None
    if isinstance(identity, int) or (isinstance(identity, str) and len(identity) <= 64):
        return identity
    return None
