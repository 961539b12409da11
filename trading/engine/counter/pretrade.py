"""Pre-trade control: whether an order may enter, and what it would freeze. Nothing here changes an account."""

from __future__ import annotations

from trading.engine import rejects
from trading.engine.commands import PlaceOrder
from trading.engine.counter import limits
from trading.engine.counter.accounts import Account
from trading.engine.counter.contracts import Contract, Tariff
from trading.engine.counter.fees import closing_unit_fen, freeze_unit_fen
from trading.engine.counter.larger_side import added
from trading.engine.counter.positions import Holding, Position
from trading.engine.types import (
    AUTO,
    BLOCKED,
    BUY,
    CLOSE,
    CLOSE_ONLY,
    CLOSE_TODAY,
    CLOSE_YESTERDAY,
    KILL_INSTRUMENT,
    KILL_TENANT,
    KILL_VENUE,
    LIMIT,
    LONG,
    MARKET,
    OPEN,
    SHORT,
    STOP,
    TRAILING_STOP,
)


class Plan:
    """What pre-trade control found out about one order. One object serves all orders: it is filled, read, reused."""

    __slots__ = (
        "fee_unit",
        "figures",
        "from_today",
        "from_yesterday",
        "holding",
        "margin_unit",
        "offset",
        "position",
        "price_ticks",
    )

    def __init__(self) -> None:
        self.figures: dict[str, int] = {}
        self.offset = OPEN  # as resolved
        self.price_ticks = 0  # of a market order: the edge of the band
        self.margin_unit = 0
        self.fee_unit = 0
        self.from_today = 0
        self.from_yesterday = 0
        self.holding: Holding | None = None
        self.position: Position | None = None

    def take_figures(self) -> dict[str, int]:
        """Hand over the figures of a refusal; the next one starts with none."""
        figures = self.figures
        self.figures = {}
        return figures


def check_standing(account: Account, contract: Contract, trading_day: int, venue_killed: bool, plan: Plan) -> str:
    """Who and what may trade at all now."""
    tenant = account.tenant
    if tenant.killed_by_tenant or tenant.killed_by_platform or contract.killed or venue_killed:
        plan.figures["scope"] = KILL_VENUE if venue_killed else KILL_INSTRUMENT if contract.killed else KILL_TENANT
        return rejects.KILL_SWITCH
    if account.status == BLOCKED:
        plan.figures["status"] = BLOCKED
        return rejects.ACCOUNT_BLOCKED
    return check_tradable(contract, trading_day, plan)


def check_tradable(contract: Contract, trading_day: int, plan: Plan) -> str:
    """Whether anybody may trade the contract on this day."""
    if not contract.is_tradable(trading_day):
        spec = contract.spec
        plan.figures["trading_day"] = trading_day
        plan.figures["last_trading_day"] = spec.last_trading_day
        plan.figures["tradable"] = int(spec.tradable)
        return rejects.CONTRACT_EXPIRED if contract.expired else rejects.INSTRUMENT_CLOSED
    return ""


def check_price(plan: Plan, side: int, order_type: int, price_ticks: int, lower: int, upper: int) -> str:
    """A limit price lies inside the band; a market order is bounded by the band's edge on its own bad side."""
    if order_type in (MARKET, STOP, TRAILING_STOP):
        plan.price_ticks = upper if side == BUY else lower
        return ""
    plan.price_ticks = price_ticks
    if lower <= price_ticks <= upper:
        return ""
    plan.figures = {"price_ticks": price_ticks, "lower_ticks": lower, "upper_ticks": upper}
    return rejects.PRICE_BAND


def resolve(
    plan: Plan, account: Account, contract: Contract, side: int, offset: int, qty: int, again: bool = False
) -> str:
    """Find the position the order acts upon and the lots it would close; AUTO becomes a close or an open here.

    `again`: the offset is one that was resolved before, so CLOSE closes both buckets wherever it is traded: it came
    from an AUTO that found lots of both.
    """
    plan.holding = holding = account.holding(contract.instrument_id)
    plan.from_today = plan.from_yesterday = 0
    if offset == OPEN:
        plan.offset = OPEN
        plan.position = None if holding is None else holding.long if side == BUY else holding.short
        return ""
    plan.position = position = None if holding is None else holding.short if side == BUY else holding.long
    today = yesterday = 0
    if position is not None:
        today = position.today_qty - position.frozen_today
        yesterday = position.yesterday_qty - position.frozen_yesterday
    if offset == CLOSE and contract.spec.close_means_yesterday and not again:
        offset = CLOSE_YESTERDAY
    offset, plan.from_today, plan.from_yesterday = split_lots(offset, qty, today, yesterday)
    if offset == OPEN:
        return resolve(plan, account, contract, side, OPEN, qty)
    plan.offset = offset
    if plan.from_today <= today and plan.from_yesterday <= yesterday:
        return ""
    if offset == CLOSE_TODAY:
        return _over_close(plan, rejects.OVER_CLOSE_TODAY, qty, today)
    if offset == CLOSE_YESTERDAY:
        return _over_close(plan, rejects.OVER_CLOSE_YESTERDAY, qty, yesterday)
    return _over_close(plan, rejects.OVER_CLOSE, qty, today + yesterday)


def split_lots(offset: int, qty: int, today: int, yesterday: int) -> tuple[int, int, int]:
    """What a closing order takes of the free lots of both buckets: (its offset as resolved, today's, yesterday's).

    AUTO that finds fewer lots than it wants becomes an opening order, with (0, 0). Any other may want more than there
    are of a bucket: whoever asks refuses that. Yesterday's lots go first.
    """
    if offset == AUTO:
        if today + yesterday < qty:
            return OPEN, 0, 0
        offset = CLOSE_YESTERDAY if yesterday >= qty else CLOSE if yesterday else CLOSE_TODAY
    if offset == CLOSE_TODAY:
        return offset, qty, 0
    if offset == CLOSE_YESTERDAY:
        return offset, 0, qty
    first = min(qty, yesterday)
    return offset, qty - first, first


def _over_close(plan: Plan, code: str, qty: int, closable: int) -> str:
    plan.figures = {"qty": qty, "closable": closable}
    return code


def price_units(plan: Plan, tariff: Tariff, contract: Contract, side: int) -> None:
    """What one lot of the planned order freezes. Fees by money go by the higher of its price and the settlement."""
    if plan.offset == OPEN:
        plan.margin_unit = tariff.long_unit_fen if side == BUY else tariff.short_unit_fen
        if tariff.open_ppm == 0:
            plan.fee_unit = tariff.open_fen
            return
    value_fen = max(plan.price_ticks, contract.settlement_ticks) * contract.tick_value_fen
    if plan.offset == OPEN:
        plan.fee_unit = freeze_unit_fen(tariff.open_fen, tariff.open_ppm, value_fen)
        return
    plan.margin_unit = 0
    plan.fee_unit = closing_unit_fen(tariff, plan.from_today, plan.from_yesterday, value_fen)


def check_delivery(plan: Plan, account: Account, contract: Contract, qty: int) -> str:
    """On the road to delivery orders come in whole delivery units, and natural persons open nothing any more."""
    if qty % contract.lot_multiple:
        plan.figures = {"qty": qty, "multiple": contract.lot_multiple}
        return rejects.LOT_MULTIPLE
    if plan.offset == OPEN and contract.closed_to_natural and account.natural:
        plan.figures = {"last_trading_day": contract.spec.last_trading_day}
        return rejects.NATURAL_PERSON
    return ""


def check_open(
    plan: Plan,
    account: Account,
    contract: Contract,
    side: int,
    qty: int,
    spare_margin: int,
    spare_fee: int,
    order_fee: int,
) -> str:
    """Opening needs the right to open, room under the position limit, and money; closing is never refused for money.

    `spare_margin` and `spare_fee` are what the order being replaced gives back; 0 for a new one. `order_fee` is paid
    for entering it.
    """
    if account.status == CLOSE_ONLY:
        plan.figures["status"] = CLOSE_ONLY
        return rejects.CLOSE_ONLY_ACCOUNT
    tariff = contract.tariffs.get(account.tariff_key, contract.base)
    if account.max_position_qty or tariff.max_position_qty:
        limit = limits.position_limit(account, tariff)
        code = limits.check_position(plan.position, qty, limit, plan.figures)
        if code:
            return code
    margin, fee = qty * plan.margin_unit, qty * plan.fee_unit + order_fee
    if account.nets:
        # What is given back and what is taken meet on one side: only their difference says what it costs.
        margin = added(account, contract, LONG if side == BUY else SHORT, margin - spare_margin)
        spare_margin = 0
    available = account.available_fen() + spare_margin + spare_fee
    if margin + fee <= available:
        return ""
    plan.figures = {"needed": margin + fee, "available": available, "margin": margin, "fee": fee}
    return rejects.INSUFFICIENT_MARGIN


def check_confirmed(plan: Plan, account: Account) -> str:
    """Where a broker wants it, nothing more is opened before the last statement is confirmed."""
    if not account.tenant.confirms or account.confirmed_version or not account.statement_version:
        return ""
    plan.figures = {"statement_trading_day": account.statement_day, "version": account.statement_version}
    return rejects.UNCONFIRMED


def assess(plan: Plan, account: Account, contract: Contract, command: PlaceOrder, lower: int, upper: int) -> str:
    """All checks of a new order that depend on its terms; the plan then says what it would freeze."""
    side, qty, price_ticks = command.side, command.qty, command.price_ticks
    if command.order_type == LIMIT and lower <= price_ticks <= upper:
        plan.price_ticks = price_ticks
    else:
        code = check_price(plan, side, command.order_type, price_ticks, lower, upper)
        if code:
            return code
    tariff = contract.tariffs.get(account.tariff_key, contract.base)
    contract_max = tariff.max_order_qty
    if account.max_order_qty or qty > contract_max:
        code = limits.check_order_qty(account, qty, contract_max, plan.figures)
        if code:
            return code
    if command.offset == OPEN:
        # `resolve` and `Account.holding` written out for what most orders do.
        holding = account.only_holding
        if holding is None or holding.contract is not contract:
            holding = account.holdings.get(contract.instrument_id)
        plan.holding = holding
        plan.offset = OPEN
        plan.from_today = plan.from_yesterday = 0
        plan.position = None if holding is None else holding.long if side == BUY else holding.short
    else:
        code = resolve(plan, account, contract, side, command.offset, qty)
        if code:
            return code
    if account.max_working_orders:
        code = limits.check_working_orders(account, plan.figures)
        if code:
            return code
    if contract.restricted:
        code = check_delivery(plan, account, contract, qty)
        if code:
            return code
    price_units(plan, tariff, contract, side)
    if plan.offset != OPEN:
        return ""
    if account.tenant.confirms:
        code = check_confirmed(plan, account)
        if code:
            return code
    if (
        tariff.is_plain
        and account.status != CLOSE_ONLY
        and not account.max_position_qty
        and not account.nets
        and qty * (plan.margin_unit + plan.fee_unit) <= account.available_fen()
    ):
        return ""  # what `check_open` finds of most orders
    return check_open(plan, account, contract, side, qty, 0, 0, tariff.order_fen)
