"""A statement as a document of whole numbers and names: money in fen, prices in ticks, days as YYYYMMDD.

Its canonical form is JSON without spaces, fields in the order of the structs: equal statements give equal bytes. A new
field goes to the end of its struct with a default, and `form` counts such changes.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

FORM: Final = 2
"""2: says what the account was for. A statement is made again in the form in which it was made."""

CURRENCY: Final = "CNY"

# Kinds of rows in the section of cash movements.
DEPOSIT: Final = "deposit"
WITHDRAW: Final = "withdraw"
CORRECTION: Final = "correction"


class Paper(msgspec.Struct, frozen=True):
    """What people call the parties. It comes from the broker's files, not from the journal."""

    tenant_name: str
    client_number: str
    client_name: str
    account_name: str


class ContractRef(msgspec.Struct, frozen=True):
    """A contract that the statement mentions, with the prices of its day."""

    instrument_id: int
    symbol: str
    venue: str
    product: str
    tick_e4: int
    tick_value_fen: int
    previous_settlement_ticks: int
    settlement_ticks: int


class Summary(msgspec.Struct, frozen=True):
    """Section 2 on one base of profit.

    By date: balance c/f is the client's equity. By trade: balance c/f and the floating profit together are.
    """

    balance_bf_fen: int
    deposit_fen: int
    withdraw_fen: int
    correction_fen: int
    close_profit_fen: int
    position_profit_fen: int  # by date taken to cash, by trade floating
    fee_fen: int
    balance_cf_fen: int
    equity_fen: int


class Funds(msgspec.Struct, frozen=True):
    """What of section 2 is the same on both bases."""

    initial_margin_fen: int
    margin_fen: int
    frozen_fen: int  # held by orders that outlive the day
    available_fen: int
    risk_ppm: int
    margin_call_fen: int


class CashRow(msgspec.Struct, frozen=True):
    """Section 3: one movement of money."""

    kind: str
    amount_fen: int  # of a correction signed
    reference: str
    note: str
    corrected_day: int  # of a correction: the day that was wrong
    seq: int


class TradeRow(msgspec.Struct, frozen=True):
    """Section 4: one fill."""

    trade_id: int
    order_id: int
    instrument_id: int
    side: int
    offset: int
    price_ticks: int
    qty: int
    turnover_fen: int
    fee_fen: int
    close_profit_fen: int  # by date
    close_profit_trade_fen: int
    market_ns: int
    hedge: bool | UnsetType = UNSET  # what the account was for at that moment; not said in form 1


class MessageRow(msgspec.Struct, frozen=True):
    """Fees for entering orders of one contract, or for cancelling and replacing them."""

    instrument_id: int
    kind: int  # of `FeeCharged`
    count: int
    fee_fen: int


class ExpiredRow(msgspec.Struct, frozen=True):
    """Lots that went with their contract at its last settlement price, when the day before had ended.

    Marks had brought their profit to cash by then: by date nothing is closed, by trade all of it.
    """

    instrument_id: int
    side: int  # LONG or SHORT
    qty: int
    price_ticks: int
    last_trading_day: int
    close_profit_trade_fen: int


class ClosedRow(msgspec.Struct, frozen=True):
    """Section 5: lots of one opening that one fill closed, or the end of their contract."""

    trade_id: int  # 0: the contract expired
    instrument_id: int
    side: int  # of the closing fill
    qty: int
    opened_day: int
    open_ticks: int
    price_ticks: int
    close_profit_fen: int  # by date
    close_profit_trade_fen: int


class LotRow(msgspec.Struct, frozen=True):
    """Section 6: lots of one opening that are still held, in the order in which they will be closed."""

    instrument_id: int
    side: int  # LONG or SHORT
    qty: int
    opened_day: int
    open_ticks: int
    position_profit_fen: int  # by date, of this day
    floating_fen: int  # by trade
    margin_fen: int


class PositionRow(msgspec.Struct, frozen=True):
    """Section 7: one direction of one contract."""

    instrument_id: int
    side: int
    qty: int
    open_cost_fen: int
    position_profit_fen: int
    floating_fen: int
    margin_fen: int


class CorrectionRow(msgspec.Struct, frozen=True):
    """Why there is a later version: what was put right, and on which day its money was booked."""

    version: int
    amount_fen: int
    reason: str
    reference: str
    booked_day: int
    maker: str
    checker: str
    seq: int


class Statement(msgspec.Struct, frozen=True):
    """One account's statement of one day."""

    form: int
    version: int
    trading_day: int
    created_day: int  # the calendar day of the settlement in Shanghai
    currency: str
    tenant_id: int
    account_id: int
    account_seq: int
    seq: int  # journal number of the settlement
    paper: Paper
    by_date: Summary
    by_trade: Summary
    funds: Funds
    cash: list[CashRow]
    trades: list[TradeRow]
    closed: list[ClosedRow]
    lots: list[LotRow]
    positions: list[PositionRow]
    contracts: list[ContractRef]
    corrections: list[CorrectionRow] = []
    messages: list[MessageRow] = []
    expired: list[ExpiredRow] = []
    hedge: bool | UnsetType = UNSET  # what the account was for at the day's end; not said in form 1

    def contract(self, instrument_id: int) -> ContractRef:
        """The contract a row is about."""
        return next(one for one in self.contracts if one.instrument_id == instrument_id)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Statement).decode


def in_form(statement: Statement, form: int) -> Statement:
    """The same statement as an earlier form says it."""
    if form >= FORM:
        return statement
    trades = [replace(row, hedge=UNSET) for row in statement.trades]
    return replace(statement, form=form, trades=trades, hedge=UNSET)


def canonical(statement: Statement) -> bytes:
    """The bytes that are hashed and stored."""
    return _encode(statement)


def parse(body: bytes | memoryview) -> Statement:
    """The statement of stored bytes; raises `msgspec.MsgspecError` when they are none."""
    return _decode(bytes(body))


def digest(body: bytes) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return sha256(body).hexdigest()
