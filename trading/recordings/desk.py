"""The clients of a replay: one contract, a buyer, a seller, one account for each control group; only commands.

What the desk knows of its orders it has from the events, like any client.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from trading.engine.bounds import CASH_FEN_MAX, ORDER_QTY_MAX
from trading.engine.commands import (
    AnyCommand,
    CancelOrder,
    MoveCash,
    OpenAccount,
    PlaceOrder,
    PutInstrument,
    ReplaceOrder,
    RollDay,
    SetPhase,
    SetSelfTrade,
)
from trading.engine.events import (
    AuctionMatched,
    CommandRefused,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderReplaced,
    Trade,
)
from trading.engine.instrument import Fees, Instrument, Rates
from trading.engine.types import (
    BUY,
    CANCELED_SELF_TRADE,
    DAY,
    DEPOSIT,
    IOC,
    LIMIT,
    OPEN,
    STP_OLDEST,
)

INSTRUMENT_ID: Final = 1
TENANT_ID: Final = 1
TRADING_DAY: Final = 20260105
BUYER: Final = 1
SELLER: Final = 2
FIRST_GROUP: Final = 10  # the account of control group n is this plus n
_ACTOR: Final = "replay"

Applier = Callable[[AnyCommand], list[Event]]


@dataclass(slots=True)
class Working:
    """An order that works in the engine."""

    number: int  # the engine's
    order_id: int  # the recording's
    account_id: int
    ticks: int
    leaves: int
    filled: int


def contract(*, highest_ticks: int) -> Instrument:
    """A contract so wide that nothing in the recording leaves its band: from one tick to the highest price."""
    return Instrument(
        instrument_id=INSTRUMENT_ID,
        symbol="REPLAY.x0001",
        venue="REPLAY",
        product="x",
        name_zh="回放",
        name_en="Replay",
        multiplier=1,
        tick_e4=100,
        tick_value_fen=1,
        rates=Rates(1_000, 1_000, Fees()),
        limit_ppm=999_999,
        band_rounds_down=False,
        close_means_yesterday=False,
        max_order_qty=ORDER_QTY_MAX,
        previous_settlement_ticks=highest_ticks // 2 + 2,
        last_trading_day=99991231,
    )


class Desk:
    """Sends commands through `apply` and keeps account of what came of them."""

    def __init__(self, apply: Applier, *, groups: dict[int, int]) -> None:
        self._apply: Final = apply
        self._groups: Final = groups
        self._names = 0
        self._by_number: Final[dict[int, Working]] = {}
        self._owners: Final[dict[int, int]] = {}  # the engine's number → the recording's, of every order ever
        self.working: Final[dict[int, Working]] = {}
        self.refused: Final[dict[str, int]] = {}
        self.touched: set[int] = set()  # orders whose lots changed by trades or self-trade prevention
        self.self_matches = 0
        self.auctions: Final[list[tuple[int, int]]] = []  # (price, lots)

    def open(self, *, highest_ticks: int) -> None:
        """Make the market and its accounts."""
        self._do(PutInstrument(0, contract(highest_ticks=highest_ticks), _ACTOR))
        self._do(RollDay(0, TRADING_DAY, [], _ACTOR))
        accounts = [BUYER, SELLER, *sorted({FIRST_GROUP + group for group in self._groups.values()})]
        for account_id in accounts:
            self._do(OpenAccount(TENANT_ID, account_id, 0, _ACTOR))
            self._do(MoveCash(TENANT_ID, account_id, DEPOSIT, CASH_FEN_MAX, f"cash-{account_id}", "maker", "checker"))
            if account_id >= FIRST_GROUP:
                self._do(SetSelfTrade(TENANT_ID, account_id, STP_OLDEST, _ACTOR))

    def phase(self, phase: int) -> None:
        """Move the contract to a phase of trading."""
        self._do(SetPhase(0, [INSTRUMENT_ID], phase, "", _ACTOR))

    def place(self, order_id: int, *, side: int, ticks: int, qty: int) -> list[Trade]:
        """Enter an order that may rest."""
        return self._place(order_id, side=side, ticks=ticks, qty=qty, lives=DAY)

    def take(self, order_id: int, *, side: int, ticks: int, qty: int) -> list[Trade]:
        """Enter an order that takes what it can at once and leaves nothing behind."""
        return self._place(order_id, side=side, ticks=ticks, qty=qty, lives=IOC)

    def _place(self, order_id: int, *, side: int, ticks: int, qty: int, lives: int) -> list[Trade]:
        group = self._groups.get(abs(order_id))
        account_id = FIRST_GROUP + group if group is not None else BUYER if side == BUY else SELLER
        self._names += 1
        name = f"{order_id}.{self._names}"
        command = PlaceOrder(
            TENANT_ID,
            account_id,
            name,
            TRADING_DAY,
            INSTRUMENT_ID,
            side,
            OPEN,
            LIMIT,
            lives,
            qty,
            ticks,
            _ACTOR,
        )
        return self._do(command, order_id=order_id)

    def cancel(self, order_id: int) -> None:
        """Cancel a working order."""
        order = self.working[order_id]
        self._do(CancelOrder(TENANT_ID, order.account_id, order.number, "", _ACTOR))

    def replace(self, order_id: int, *, ticks: int, leaves: int) -> list[Trade]:
        """Give a working order a new price and so many lots to go."""
        order = self.working[order_id]
        return self._do(ReplaceOrder(TENANT_ID, order.account_id, order.number, order.filled + leaves, ticks, _ACTOR))

    def owner(self, number: int) -> int:
        """The recording's id of the engine's order; what an order had hidden goes under its id with a minus."""
        return abs(self._owners[number])

    def _do(self, command: AnyCommand, *, order_id: int = 0) -> list[Trade]:
        trades: list[Trade] = []
        for event in self._apply(command):
            if isinstance(event, Trade):
                trades.append(event)
                self._filled(event)
            elif isinstance(event, OrderAccepted):
                order = Working(event.order_id, order_id, event.account_id, event.price_ticks, event.qty, 0)
                self._by_number[event.order_id] = self.working[order_id] = order
                self._owners[event.order_id] = order_id
            elif isinstance(event, OrderCanceled):
                self._canceled(event)
            elif isinstance(event, OrderReplaced):
                order = self._by_number[event.order_id]
                order.ticks, order.leaves = event.price_ticks, event.qty - event.filled_qty
            elif isinstance(event, AuctionMatched):
                self.auctions.append((event.price_ticks, event.qty))
            elif isinstance(event, OrderRejected | CommandRefused):
                self.refused[event.code] = self.refused.get(event.code, 0) + 1
        return trades

    def _filled(self, trade: Trade) -> None:
        for leg in (trade.maker, trade.taker):
            order = self._by_number[leg.order_id]
            self.touched.add(order.order_id)
            order.leaves, order.filled = leg.order_leaves_qty, leg.order_filled_qty
            if order.leaves == 0:
                self._forget(order)

    def _canceled(self, event: OrderCanceled) -> None:
        order = self._by_number[event.order_id]
        self._forget(order)
        if event.reason == CANCELED_SELF_TRADE:
            self.self_matches += 1
            self.touched.add(order.order_id)

    def _forget(self, order: Working) -> None:
        del self._by_number[order.number]
        if self.working.get(order.order_id) is order:
            del self.working[order.order_id]
