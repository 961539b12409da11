"""What a venue's rules did: ladders of one-sided markets, roads to delivery, contracts moved, lots expired."""

import msgspec

from trading.engine.events import Event, Funds, PositionState
from trading.engine.ladders import CLOSE_WINDOW_S, Delivery, LimitStep


class LimitLadderPut(Event, array_like=True, gc=False, frozen=True, tag=45):
    """A venue's ladder of one-sided markets was put; without steps it was taken away."""

    venue: str
    product: str
    steps: list[LimitStep]
    maker: str
    checker: str
    window_s: int = CLOSE_WINDOW_S  # before the close, in which a market can be one-sided


class HolderKindSet(Event, array_like=True, gc=False, frozen=True, tag=46):
    """The account's holder is a natural person, or is not."""

    account_id: int
    account_seq: int
    natural: bool
    actor: str


class ContractTerms(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What venue rules make of one contract at present, beyond its own parameters."""

    instrument_id: int
    phase: int
    one_sided: int  # the side that alone has stood at its limit since the window before the close began; 0: none
    step: int  # of the ladder of one-sided markets; 0: not on it
    side: int
    limit_ppm: int  # in force at the next band, the wider of own and ladder
    margin_floor_ppm: int  # the least margin of anybody; 0: none
    lot_multiple: int
    position_limit: int  # lots of one account in one direction; 0: none
    closed_to_natural: bool  # natural persons may not open any more
    expired: bool


class ContractsMoved(Event, array_like=True, gc=False, frozen=True, tag=47):
    """Rules of the venue moved contracts: watched, one-sided, a step of a ladder, expired."""

    trading_day: int  # from which the terms count
    rows: list[ContractTerms]
    actor: str


class DeliveryPut(Event, array_like=True, gc=False, frozen=True, tag=48):
    """A contract's road to delivery was put."""

    instrument_id: int
    delivery: Delivery
    maker: str
    checker: str


class LotsExpired(Event, array_like=True, gc=False, frozen=True, tag=49):
    """Lots that were held when their contract expired: closed at its last settlement price, without a fee.

    The day's mark has brought them to that price and its profit to cash, so no money moves here.
    """

    account_id: int
    account_seq: int
    instrument_id: int
    side: int  # LONG or SHORT
    qty: int
    price_ticks: int
    close_profit_trade_fen: int  # against the opening prices: for statements
    trading_day: int  # the contract's last
    funds: Funds
    position: PositionState  # empty
