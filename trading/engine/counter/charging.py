"""Fees for messages: entering an order, and cancelling or replacing one (申报费), taken from cash at once."""

from __future__ import annotations

from typing import Final

from trading.engine.counter.orders import Order
from trading.engine.events import Event, FeeCharged

FOR_ORDER: Final = 1
FOR_CANCEL: Final = 2


def charge_entry(order: Order, events: list[Event]) -> None:
    """What entering an order costs, where it costs anything."""
    fee = order.contract.tariff(order.account.tariff_key).order_fen
    if fee:
        _charge(order, FOR_ORDER, fee, events)


def charge_cancel(order: Order, events: list[Event]) -> None:
    """What a client's cancel or replace costs, where it costs anything. It is never refused for money."""
    fee = order.contract.tariff(order.account.tariff_key).cancel_fen
    if fee:
        _charge(order, FOR_CANCEL, fee, events)


def _charge(order: Order, kind: int, fee: int, events: list[Event]) -> None:
    account = order.account
    account.account_seq += 1
    account.cash_fen -= fee
    account.fee_fen += fee
    account.tenant.fee_fen += fee
    events.append(
        FeeCharged(
            account.tenant_id,
            account.account_id,
            account.account_seq,
            order.order_id,
            order.contract.instrument_id,
            kind,
            fee,
            account.funds(),
        )
    )
