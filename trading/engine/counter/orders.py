"""The order as the counter sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading.engine.book_order import BookOrder

if TYPE_CHECKING:
    from trading.engine.counter.accounts import Account
    from trading.engine.counter.contracts import Contract
    from trading.engine.counter.positions import Holding, Position
    from trading.engine.counter.specials import Special


class Order(BookOrder):
    """An order as the counter sees it: whose it is, what it holds frozen, what became of it.

    Frozen money is `margin_unit` and `fee_unit` for each lot still open, so every release is exact. Frozen lots of a
    closing order lie in `from_today` and `from_yesterday`; a fill takes yesterday's first.
    """

    __slots__ = (
        "account",
        "account_next",
        "account_prev",
        "client_order_id",
        "fee_unit",
        "filled_qty",
        "filled_ticks",
        "from_today",
        "from_yesterday",
        "holding",
        "is_listed",
        "margin_unit",
        "offset",
        "order_type",
        "position",
        "qty",
        "special",
        "status",
        "time_in_force",
    )

    def __init__(
        self,
        order_id: int,
        side: int,
        price_ticks: int,
        qty: int,
        account: Account,
        holding: Holding,
        position: Position,
        client_order_id: str,
        offset: int,
        order_type: int,
        time_in_force: int,
        status: int,
        margin_unit: int,
        fee_unit: int,
        from_today: int,
        from_yesterday: int,
    ) -> None:
        # The base is initialised here by hand: a second call would cost a tenth of accepting an order.
        self.order_id = order_id
        self.side = side
        self.price_ticks = price_ticks
        self.leaves_qty = qty
        self.hidden_qty = 0
        self.display_qty = 0
        self.group_key = account.group_key
        self.level = None
        self.prev = None
        self.next = None
        self.account = account
        self.holding = holding
        self.position = position
        self.client_order_id = client_order_id
        self.offset = offset
        self.order_type = order_type
        self.time_in_force = time_in_force
        self.status = status
        self.qty = qty
        self.filled_qty = 0
        self.filled_ticks = 0
        self.margin_unit = margin_unit
        self.fee_unit = fee_unit
        self.from_today = from_today
        self.from_yesterday = from_yesterday
        self.account_prev: Order | None = None
        self.account_next: Order | None = None
        self.is_listed = False  # among its account's and all working orders
        self.special: Special | None = None

    @property
    def contract(self) -> Contract:
        """What it trades."""
        return self.holding.contract

    def open_qty(self) -> int:
        """The lots still to be filled, shown or not; of an ended order those that it never got."""
        return self.qty - self.filled_qty

    def is_forced(self) -> bool:
        """Say whether the broker closes with it by force: then the client can neither cancel nor change it."""
        return self.special is not None and self.special.terms.force_reason > 0
