"""What the slow model knows: flat lists, and every sum made anew each time somebody asks.

The model shares nothing with the engine but the structs of commands and events and the constants of `types`. It knows
no level, no queue, no cached total: an order book is the list of working orders, an account's cash is the sum of all
its postings since it was opened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trading.engine.events import Event, Funds, PositionState
from trading.engine.instrument import Instrument, Rates
from trading.engine.ladders import Delivery, DeliveryStep, LimitStep
from trading.engine.terms import Terms
from trading.engine.types import BUY, CONTINUOUS, LONG, OPEN, SHORT, STP_NEWEST

if TYPE_CHECKING:
    from .reference_liquidation import RefLiquidation
from .reference_parameters import RefRows, fee_rule, limit_ppm, margin_rule, netting

MILLION = 1_000_000


@dataclass(eq=False)
class RefLot:
    """Lots opened together. `mark_ticks` is what they were last valued at: the opening price, then settlements."""

    price_ticks: int
    mark_ticks: int
    qty: int
    unit_fen: int
    opened_day: int
    is_today: bool


@dataclass(eq=False)
class RefContract:
    """One contract and its day."""

    spec: Instrument
    rows: RefRows
    lower: int = 0
    upper: int = 0
    last: int = 0
    settlement: int = 0
    volume: int = 0
    turnover: int = 0
    phase: int = CONTINUOUS
    killed: bool = False
    rates: dict[int, Rates] = field(default_factory=dict)
    # What the venue's rules add: (step, side, limit of the first day, limit, margin, halts), the road to delivery.
    ladder: tuple[int, int, int, int, int, bool] | None = None
    road: Delivery | None = None
    terms_day: int = 0  # whose step of the road is in force
    seen: list[int] | None = None  # since the window before the close began: the side that stood alone, at each look
    window_day: int = 0
    closed_as: int = 0  # the side that stood alone through the window of the close just past
    expired: bool = False

    @property
    def number(self) -> int:
        """The contract's number."""
        return self.spec.instrument_id

    def margin_unit(self, *, account: RefAccount, side: int, price_ticks: int) -> int:
        """Margin of one lot at a price: by money to the nearest fen, and by volume."""
        ppm, fen = margin_rule(self, account, is_long=side == LONG)
        return (price_ticks * self.spec.tick_value_fen * ppm * 2 + MILLION) // (2 * MILLION) + fen

    def step(self) -> DeliveryStep:
        """The last step of the road that has begun."""
        begun = [step for step in (self.road.steps if self.road else []) if step.from_day <= self.terms_day]
        return begun[-1] if begun else DeliveryStep(0)

    @property
    def floor(self) -> int:
        """The least margin of anybody."""
        return max(self.step().margin_ppm, self.ladder[4] if self.ladder else 0)

    @property
    def widest(self) -> int:
        """The price limit that counts: the widest of the contract's own, of dated rows and of the ladder."""
        return max(limit_ppm(self), self.ladder[3] if self.ladder else 0)

    @property
    def no_natural_opens(self) -> bool:
        """Whether natural persons may not open any more."""
        return bool(self.road and self.road.natural_open_day and self.terms_day > self.road.natural_open_day)

    def alone(self) -> int:
        """The side that was alone at every look of the window; 0: none."""
        sides = set(self.seen or [0])
        return sides.pop() if len(sides) == 1 else 0

    def fee(self, *, account: RefAccount, kind: str, price_ticks: int, qty: int) -> int:
        """The fee of a fill, to the nearest fen."""
        fen, ppm = fee_rule(self, account, kind)
        turnover = price_ticks * self.spec.tick_value_fen * qty
        return qty * fen + (turnover * ppm * 2 + MILLION) // (2 * MILLION)

    def fee_frozen(self, *, account: RefAccount, kind: str, price_ticks: int) -> int:
        """What a working order freezes a lot: rounded up."""
        fen, ppm = fee_rule(self, account, kind)
        value = max(price_ticks, self.settlement) * self.spec.tick_value_fen
        return fen - (-value * ppm // MILLION)


@dataclass(eq=False)
class RefRules:
    """A broker's rules for statements and withdrawals."""

    confirms: bool = False
    withdraw_ppm: int = MILLION
    reserve_fen: int = 0


@dataclass(eq=False)
class RefStatement:
    """A day's statement that wants to be confirmed, with the versions the client agreed to."""

    day: int
    agreed: list[int] = field(default_factory=list)


@dataclass(eq=False)
class RefAccount:
    """One money account: its postings and its lots."""

    number: int
    tenant_id: int
    group_id: int
    hedge: bool = False
    seq: int = 0
    status: int = 0
    postings: list[tuple[str, int, int]] = field(default_factory=list)  # (kind, day number, fen)
    lots: dict[tuple[int, int], list[RefLot]] = field(default_factory=dict)  # by (contract, direction), oldest first
    client_ids: dict[str, int] = field(default_factory=dict)  # of this trading day
    limits: tuple[int, int, int, int] = (0, 0, 0, 0)  # order, position, working orders, orders a second
    entry_times: list[int] = field(default_factory=list)
    natural: bool = False
    statements: list[RefStatement] = field(default_factory=list)  # since its broker wants them confirmed
    corrected: list[int] = field(default_factory=list)  # days, once a correction

    def times_corrected(self, day: int) -> int:
        """How often a day was put right."""
        return self.corrected.count(day)

    @property
    def group(self) -> tuple[int, int, int]:
        """Who controls it: accounts of one group never trade with each other."""
        return (self.tenant_id, self.group_id, 0) if self.group_id else (0, 0, self.number)

    def cash(self) -> int:
        """All that was ever posted."""
        return sum(fen for _kind, _day, fen in self.postings)

    def today(self, kind: str, day: int) -> int:
        """What was posted of one kind on one day."""
        return sum(fen for one, at, fen in self.postings if one == kind and at == day)

    def lots_of(self, instrument_id: int, side: int) -> list[RefLot]:
        """The lots of one direction."""
        return self.lots.setdefault((instrument_id, side), [])


@dataclass(eq=False)
class RefOrder:
    """One working order."""

    number: int
    account: RefAccount
    contract: RefContract
    client_order_id: str
    side: int
    offset: int
    order_type: int
    lives: int
    qty: int
    price: int
    terms: Terms
    filled: int = 0
    filled_ticks: int = 0
    margin_unit: int = 0
    fee_unit: int = 0
    from_today: int = 0
    from_yesterday: int = 0
    is_frozen: bool = True  # False: its other leg holds what both would need
    turn: int = 0  # place in the queue of its price; 0: not in the book
    shown: int = 0
    trigger: int = 0  # of a stop that waits; 0: it does not
    fellow: RefOrder | None = None
    filled_now: int = 0
    guards: int = 0

    @property
    def open_qty(self) -> int:
        """Lots still to be filled."""
        return self.qty - self.filled

    @property
    def direction(self) -> int:
        """The position it acts on."""
        return LONG if (self.side == BUY) == (self.offset == OPEN) else SHORT

    @property
    def is_guarded(self) -> bool:
        """Whether what it opens is to be protected."""
        return self.terms.take_profit_ticks > 0 or self.terms.stop_loss_ticks > 0


@dataclass(eq=False)
class RefSettling:
    """A settlement under way."""

    next_day: int
    prices: dict[int, int]
    phases: dict[int, int]
    through: int = 0


class RefWorld:
    """Everything the model knows, with the questions that are asked of it."""

    def __init__(self) -> None:
        self.trading_day = 0
        self.day_number = 0
        self.next_order = 1
        self.next_trade = 1
        self.next_turn = 1
        self.venue_killed = False
        self.killed_tenants: set[tuple[int, str]] = set()  # (tenant, by whom)
        self.references: set[tuple[int, str]] = set()
        self.accounts: dict[int, RefAccount] = {}
        self.contracts: dict[int, RefContract] = {}
        self.orders: list[RefOrder] = []
        self.entered: dict[int, int] = {}  # orders entered today, with their account
        self.modes: dict[tuple[int, int, int], int] = {}
        self.settling: RefSettling | None = None
        self.seq = 0  # commands applied
        self.next_liquidation = 1
        self.liquidations: dict[int, RefLiquidation] = {}
        self.at_day_end: list[Callable[[], None]] = []  # what else follows the day's marks
        self.liquidated: dict[int, int] = {}  # by account: the command that ended its last one
        self.rules: dict[int, RefRules] = {}
        self.rows = RefRows()
        self.ladders: dict[tuple[str, str], list[LimitStep]] = {}
        self.windows: dict[tuple[str, str], int] = {}  # seconds before the close, by ladder
        self.timers: dict[int, int] = {}  # dead man's switches that are wound up
        self.events: list[Event] = []
        self.at_ns = 0
        # What follows from trades, after the command's own order is done.
        self.touched: list[RefOrder] = []
        self.traded: tuple[RefContract, int, int] | None = None

    def rules_of(self, tenant_id: int) -> RefRules:
        """A broker's rules."""
        return self.rules.setdefault(tenant_id, RefRules())

    def withdrawable(self, account: RefAccount) -> int:
        """What may leave: free without gains, at most the broker's part of the equity without gains, less reserve."""
        rules = self.rules_of(account.tenant_id)
        part = (account.cash() + min(0, self.profit(account))) * rules.withdraw_ppm // MILLION
        return max(0, min(self.available(account), part) - rules.reserve_fen)

    def order(self, number: int) -> RefOrder | None:
        """A working order."""
        return next((order for order in self.orders if order.number == number), None)

    def orders_of(self, account: RefAccount) -> list[RefOrder]:
        """An account's working orders, oldest first."""
        return [order for order in self.orders if order.account is account]

    def mode(self, account: RefAccount) -> int:
        """What happens when orders of its group would meet: while one of it is liquidated, the newest goes."""
        if any(item.account.group == account.group for item in self.liquidations.values()):
            return STP_NEWEST
        return self.modes.get(account.group, STP_NEWEST)

    def resting(self, contract: RefContract, side: int) -> list[RefOrder]:
        """One side of the book, in the order in which it trades."""
        sign = -1 if side == BUY else 1
        found = [o for o in self.orders if o.turn and o.contract is contract and o.side == side]
        return sorted(found, key=lambda order: (sign * order.price, order.turn))

    def open_interest(self, contract: RefContract) -> int:
        """Lots held long, which are as many as lots held short."""
        return sum(
            lot.qty for account in self.accounts.values() for lot in account.lots.get((contract.number, LONG), ())
        )

    def margin(self, account: RefAccount, order: RefOrder | None = None, *, orders: bool = False) -> int:
        """Margin charged for all lots held; with `orders` also for what those that work would open, `order` among them.

        Where only the larger side counts, long and short of a contract or product are set against each other.
        """
        sides: dict[tuple[tuple[str, ...], int], int] = defaultdict(int)
        for (number, side), lots in account.lots.items():
            group = netting(self.contracts[number], account) or (str(number), str(side))
            sides[group, side] += sum(lot.unit_fen * lot.qty for lot in lots)
        for one in [*self.orders_of(account), *([order] if order is not None else [])] if orders else []:
            if one.offset == OPEN:
                group = netting(one.contract, account) or (str(one.contract.number), str(one.direction))
                sides[group, one.direction] += one.open_qty * one.margin_unit
        groups = {group for group, _side in sides}
        return sum(max(sides[group, LONG], sides[group, SHORT]) for group in groups)

    def profit(self, account: RefAccount) -> int:
        """Position profit by date at the last prices."""
        total = 0
        for (instrument_id, side), lots in account.lots.items():
            contract = self.contracts[instrument_id]
            sign = contract.spec.tick_value_fen if side == LONG else -contract.spec.tick_value_fen
            total += sum((contract.last - lot.mark_ticks) * lot.qty for lot in lots) * sign
        return total

    def available(self, account: RefAccount) -> int:
        """Money for new orders: floating losses count, floating gains do not."""
        funds = self.funds(account)
        free = funds.cash_fen - funds.margin_fen - funds.frozen_margin_fen - funds.frozen_fee_fen
        return free + min(0, self.profit(account))

    def funds(self, account: RefAccount) -> Funds:
        """The account's money as events carry it."""
        orders, held = self.orders_of(account), self.margin(account)
        return Funds(
            account.cash(),
            held,
            self.margin(account, orders=True) - held,
            sum(order.open_qty * order.fee_unit for order in orders),
            account.today("profit", self.day_number),
            -account.today("fee", self.day_number),
        )

    def position(self, account: RefAccount, instrument_id: int, side: int) -> PositionState:
        """One direction as events carry it."""
        lots = account.lots.get((instrument_id, side), [])
        value = self.contracts[instrument_id].spec.tick_value_fen
        closing = [
            order
            for order in self.orders_of(account)
            if order.offset != OPEN and order.contract.number == instrument_id and order.direction == side
        ]
        return PositionState(
            instrument_id,
            side,
            sum(lot.qty for lot in lots if lot.is_today),
            sum(lot.qty for lot in lots if not lot.is_today),
            sum(order.from_today for order in closing),
            sum(order.from_yesterday for order in closing),
            sum(lot.price_ticks * lot.qty for lot in lots) * value,
            sum(lot.mark_ticks * lot.qty for lot in lots) * value,
            sum(lot.unit_fen * lot.qty for lot in lots),
        )

    def position_of(self, order: RefOrder) -> PositionState | None:
        """The position as events about a closing order carry it."""
        if order.offset == OPEN:
            return None
        return self.position(order.account, order.contract.number, order.direction)

    def opening_qty(self, account: RefAccount, contract: RefContract, side: int) -> int:
        """Lots that working orders may still open."""
        return sum(
            order.open_qty
            for order in self.orders_of(account)
            if order.offset == OPEN and order.is_frozen and order.contract is contract and order.direction == side
        )
