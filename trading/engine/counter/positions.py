"""Positions as lots: first in first out inside today's and inside yesterday's lots, each with its opening price."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trading.engine.counter.contracts import Contract
from trading.engine.events import PositionState
from trading.engine.types import LONG, SHORT


class Lot:
    """Lots opened at one price on one day. `margin_unit` counts while the lot is today's."""

    __slots__ = ("margin_unit", "next", "opened_day", "price_ticks", "qty")

    def __init__(self, price_ticks: int, qty: int, margin_unit: int, opened_day: int) -> None:
        self.price_ticks = price_ticks
        self.qty = qty
        self.margin_unit = margin_unit
        self.opened_day = opened_day
        self.next: Lot | None = None


class Position:
    """One direction of one contract of one account."""

    __slots__ = (
        "frozen_today",
        "frozen_yesterday",
        "margin_fen",
        "mark_cost_fen",
        "open_cost_fen",
        "opening_margin_fen",
        "opening_qty",
        "side",
        "today_head",
        "today_qty",
        "today_tail",
        "yesterday_head",
        "yesterday_qty",
        "yesterday_tail",
        "yesterday_unit",
    )

    def __init__(self, side: int) -> None:
        self.side: Final = side
        self.today_qty = 0
        self.yesterday_qty = 0
        self.frozen_today = 0
        self.frozen_yesterday = 0
        self.opening_qty = 0  # lots of working opening orders
        self.opening_margin_fen = 0  # what they hold frozen; kept only while a larger side counts (`set_netting`)
        self.open_cost_fen = 0
        self.mark_cost_fen = 0
        self.margin_fen = 0
        self.yesterday_unit = 0  # margin of one of yesterday's lots
        self.today_head: Lot | None = None
        self.today_tail: Lot | None = None
        self.yesterday_head: Lot | None = None
        self.yesterday_tail: Lot | None = None

    def open_lots(
        self, instrument_id: int, price_ticks: int, qty: int, margin_unit: int, opened_day: int, cost_fen: int
    ) -> PositionState:  # fmt: skip
        """Lots of a working order are opened; equal neighbours become one lot.

        Gives the position as events carry it.
        """
        self.opening_qty -= qty
        self.today_qty = today_qty = self.today_qty + qty
        self.open_cost_fen = open_cost_fen = self.open_cost_fen + cost_fen
        self.mark_cost_fen = mark_cost_fen = self.mark_cost_fen + cost_fen
        self.margin_fen = margin_fen = self.margin_fen + margin_unit * qty
        tail = self.today_tail
        if tail is None:
            self.today_head = self.today_tail = Lot(price_ticks, qty, margin_unit, opened_day)
        elif tail.price_ticks == price_ticks and tail.margin_unit == margin_unit:
            tail.qty += qty
        else:
            tail.next = self.today_tail = Lot(price_ticks, qty, margin_unit, opened_day)
        return PositionState(
            instrument_id, self.side, today_qty, self.yesterday_qty, self.frozen_today, self.frozen_yesterday,
            open_cost_fen, mark_cost_fen, margin_fen,
        )  # fmt: skip

    def take_today(self, qty: int) -> tuple[int, int]:
        """Remove today's oldest lots; give (sum of opening price x lots, margin released)."""
        self.today_qty -= qty
        ticks = margin = 0
        lot = self.today_head
        while lot is not None and qty:
            taken = lot.qty if lot.qty < qty else qty
            ticks += lot.price_ticks * taken
            margin += lot.margin_unit * taken
            qty -= taken
            lot.qty -= taken
            if lot.qty == 0:
                lot = lot.next
        self.today_head = lot
        if lot is None:
            self.today_tail = None
        return ticks, margin

    def take_yesterday(self, qty: int) -> int:
        """Remove yesterday's oldest lots; give the sum of opening price x lots."""
        self.yesterday_qty -= qty
        ticks = 0
        lot = self.yesterday_head
        while lot is not None and qty:
            taken = lot.qty if lot.qty < qty else qty
            ticks += lot.price_ticks * taken
            qty -= taken
            lot.qty -= taken
            if lot.qty == 0:
                lot = lot.next
        self.yesterday_head = lot
        if lot is None:
            self.yesterday_tail = None
        return ticks

    def today_lots(self) -> Iterator[tuple[int, int]]:
        """Today's lots as (opening price, lots), oldest first."""
        lot = self.today_head
        while lot is not None:
            yield lot.price_ticks, lot.qty
            lot = lot.next

    def margin_of(self, *, today: int, yesterday: int) -> int:
        """Margin that closing these lots would release."""
        margin = yesterday * self.yesterday_unit
        lot = self.today_head
        while lot is not None and today > 0:
            taken = min(lot.qty, today)
            margin += lot.margin_unit * taken
            today -= taken
            lot = lot.next
        return margin

    def roll(self, *, settlement_value_fen: int, margin_unit: int) -> None:
        """End of the day: today's lots queue behind yesterday's, all on the settlement price."""
        head = self.today_head
        if head is not None:
            tail = self.yesterday_tail
            if tail is None:
                self.yesterday_head = head
            else:
                tail.next = head
            self.yesterday_tail = self.today_tail
            self.today_head = self.today_tail = None
        self.yesterday_qty += self.today_qty
        self.today_qty = 0
        self.yesterday_unit = margin_unit
        self.mark_cost_fen = self.yesterday_qty * settlement_value_fen
        self.margin_fen = self.yesterday_qty * margin_unit

    def clear(self) -> None:
        """The contract is over: nothing is held any more."""
        self.yesterday_qty = self.open_cost_fen = self.mark_cost_fen = self.margin_fen = self.yesterday_unit = 0
        self.yesterday_head = self.yesterday_tail = None

    def state(self, instrument_id: int) -> PositionState:
        """The position as events carry it."""
        return PositionState(
            instrument_id,
            self.side,
            self.today_qty,
            self.yesterday_qty,
            self.frozen_today,
            self.frozen_yesterday,
            self.open_cost_fen,
            self.mark_cost_fen,
            self.margin_fen,
        )


class Holding:
    """Both directions of one contract of one account, with their difference kept for valuing in one step.

    Also whether the account has plain standing in the contract (`plain_orders`), and on which tariff.
    """

    __slots__ = ("contract", "instrument_id", "long", "net_cost_fen", "net_qty", "plain_at", "short", "tariff")

    def __init__(self, contract: Contract) -> None:
        self.contract: Final = contract
        self.instrument_id: Final = contract.instrument_id
        self.tariff = contract.base  # that in force for the account, once it was asked
        self.plain_at = 0  # `State.standing` when it was asked: above 0 it had plain standing, below it had not
        self.long: Final = Position(LONG)
        self.short: Final = Position(SHORT)
        self.net_qty = 0  # lots long - lots short
        self.net_cost_fen = 0  # mark cost long - mark cost short

    def profit_fen(self) -> int:
        """Position profit by date at the last price."""
        return self.contract.last_value_fen * self.net_qty - self.net_cost_fen

    def is_empty(self) -> bool:
        """Say whether nothing is held and nothing works."""
        return not (
            self.long.today_qty
            or self.long.yesterday_qty
            or self.short.today_qty
            or self.short.yesterday_qty
            or self.long.opening_qty
            or self.short.opening_qty
        )
