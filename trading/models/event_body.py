"""What an account's event says, as bytes: the engine's own event, except that a trade shows this account's side only.

A `Trade` carries both sides with their money; the other side's must never reach this account, so the row holds an
`AccountFill` in its place.
"""

from __future__ import annotations

import msgspec

from trading.engine import events as ev


class AccountFill(ev.Event, array_like=True, gc=False, frozen=True, tag=105):
    """One account's side of a trade."""

    trade_id: int
    instrument_id: int
    price_ticks: int
    qty: int
    is_taker: bool
    leg: ev.Leg


PrivateEvent = (
    ev.OrderAccepted
    | ev.OrderRejected
    | ev.OrderCanceled
    | ev.OrderReplaced
    | ev.AccountOpened
    | ev.CashMoved
    | ev.AccountStatusChanged
    | ev.AccountLimitsChanged
    | ev.AccountSettled
    | ev.OrderTriggered
    | ev.SelfTradeSet
    | ev.CancelAfterSet
    | ev.HolderKindSet
    | ev.LotsExpired
    | AccountFill
)

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[PrivateEvent] = msgspec.msgpack.Decoder(PrivateEvent)

encode = _encoder.encode


def decode(body: bytes | memoryview) -> PrivateEvent:
    """Return the event of a stored body."""
    return _decoder.decode(body)


def fill_of(trade: ev.Trade, *, is_taker: bool) -> AccountFill:
    """Return one side of a trade as its account may see it."""
    leg = trade.taker if is_taker else trade.maker
    return AccountFill(leg.tenant_id, trade.trade_id, trade.instrument_id, trade.price_ticks, trade.qty, is_taker, leg)
