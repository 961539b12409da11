"""What an account's event says, as bytes: the engine's own event, except that a trade shows this account's side only.

A `Trade` carries both sides with their money; the other side's must never reach this account, so an `AccountFill`
stands in its place.

Events of one account lie packed in rows, as many as one flush of the projection brings and a row holds: a row and an
index entry for each would be the dearest part of the projection. Where the rows are cut means nothing.
"""

from __future__ import annotations

from typing import Final

import msgspec

from trading.engine import events as ev
from trading.engine import liquidation_events, parameter_events, statement_events, venue_events


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
    | liquidation_events.LiquidationOpened
    | liquidation_events.LiquidationStepped
    | liquidation_events.LiquidationEnded
    | liquidation_events.LiquidationCarried
    | statement_events.StatementConfirmed
    | statement_events.StatementCorrected
    | ev.FeeCharged
    | parameter_events.HedgeSet
    | venue_events.HolderKindSet
    | venue_events.LotsExpired
    | AccountFill
)

# (journal number, the core's time, the venue's time, the event)
Packed = tuple[int, int, int, PrivateEvent]

#: A row that has reached this takes no more: PostgreSQL moves what is over 2 KB out of the row.
PACK_BYTES: Final = 1_400
#: More events than a row can hold: none takes fewer than 20 bytes.
PACK_EVENTS_MAX: Final = 100

#: Encodes one `Packed`; a row's body is these bytes one behind the other.
encode = msgspec.msgpack.Encoder().encode
_decoder: Final = msgspec.msgpack.Decoder(list[Packed])


def decode(body: bytes | memoryview, *, count: int) -> list[Packed]:
    """Return the events of a row's body, oldest first."""
    return _decoder.decode(b"\xdc" + count.to_bytes(2, "big") + bytes(body))


def fill_of(trade: ev.Trade, *, is_taker: bool) -> AccountFill:
    """Return one side of a trade as its account may see it."""
    leg = trade.taker if is_taker else trade.maker
    return AccountFill(leg.tenant_id, trade.trade_id, trade.instrument_id, trade.price_ticks, trade.qty, is_taker, leg)
