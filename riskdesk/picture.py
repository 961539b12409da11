"""What monitors may know: every account's money and positions and every contract's last price, folded from events.

Pure: events in, figures out. The follower fills it from the query tables at start and keeps it current from committed
batches, so a monitor never reads a database and never asks a clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from riskdesk.exchange_terms import ExchangeTerms
from riskdesk.opened_lots import OpenedLots
from trading.engine import events as ev
from trading.engine import parameter_events, statement_events, venue_events
from trading.engine.types import LONG, OPEN
from trading.engine.views import risk_ppm

MILLION = 1_000_000
# A risk degree with margin held and no equity left has no finite value; this stands for "beyond all lines".
DEGREE_BEYOND_PPM = 99 * MILLION
# Unions written in place would be built anew for every event.
_ORDER_EVENTS = (ev.OrderAccepted, ev.OrderCanceled, ev.OrderReplaced, ev.OrderTriggered)
_TERMS_EVENTS = (
    ev.InstrumentPut, parameter_events.ParametersPut, parameter_events.ParametersWithdrawn,
    venue_events.ContractsMoved, ev.SettlementBegun, ev.DayRolled,
)  # fmt: skip
_MONEY_EVENTS = (ev.AccountOpened, ev.CashMoved, statement_events.StatementCorrected, ev.FeeCharged)
_NONE_OPENED = OpenedLots()


@dataclass(slots=True)
class AccountPicture:
    """One account as its last event left it; money in fen."""

    tenant_id: int
    account_id: int
    cash_fen: int = 0
    margin_fen: int = 0
    frozen_fen: int = 0
    status: int = 0
    # Journal number of the state that was loaded at start: older events are already in it.
    loaded_seq: int = 0
    positions: dict[tuple[int, int], ev.PositionState] = field(default_factory=dict)
    opened: dict[tuple[int, int], OpenedLots] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Risk:
    """An account's risk at the last prices; money in fen, the degree in millionths of equity.

    `exposure_fen` is the net value of all positions: what a price move of 100 % would add to equity.
    """

    tenant_id: int
    account_id: int
    equity_fen: int
    margin_fen: int
    available_fen: int
    profit_fen: int
    degree_ppm: int
    exposure_fen: int = 0
    exchange_margin_fen: int = 0  # of the lots held, at the exchange's own ratios


class Picture:
    """All accounts, prices and holders; remembers whose risk may have changed since `take_touched`."""

    def __init__(self) -> None:
        self.accounts: dict[int, AccountPicture] = {}
        self.last_ticks: dict[int, int] = {}
        self.tick_value_fen: dict[int, int] = {}
        self.terms = ExchangeTerms()
        self.holders: dict[int, set[int]] = {}
        self._touched: set[int] = set()
        self._moved: set[int] = set()

    def account(self, tenant_id: int, account_id: int) -> AccountPicture:
        """Return the account, made empty on first sight."""
        found = self.accounts.get(account_id)
        if found is None:
            found = self.accounts[account_id] = AccountPicture(tenant_id, account_id)
        return found

    def put_funds(self, tenant_id: int, account_id: int, funds: ev.Funds) -> None:
        """Take over the money of an account after an event."""
        self._take_funds(self.account(tenant_id, account_id), funds)

    def put_position(self, tenant_id: int, account_id: int, position: ev.PositionState) -> None:
        """Take over one direction of one contract; an empty one is forgotten."""
        self._take_position(self.account(tenant_id, account_id), position)

    def _take_funds(self, account: AccountPicture, funds: ev.Funds) -> None:
        account.cash_fen = funds.cash_fen
        account.margin_fen = funds.margin_fen
        account.frozen_fen = funds.frozen_margin_fen + funds.frozen_fee_fen
        self._touched.add(account.account_id)

    def _take_position(self, account: AccountPicture, position: ev.PositionState) -> None:
        key = (position.instrument_id, position.side)
        if position.today_qty + position.yesterday_qty:
            if key not in account.positions:
                self.holders.setdefault(position.instrument_id, set()).add(account.account_id)
            account.positions[key] = position
            if key in account.opened:
                account.opened[key].keep(position.today_qty)
            return
        account.positions.pop(key, None)
        account.opened.pop(key, None)
        if not any(instrument_id == position.instrument_id for instrument_id, _ in account.positions):
            self.holders.get(position.instrument_id, set()).discard(account.account_id)

    def put_opened(self, account: AccountPicture, key: tuple[int, int], price_ticks: int, qty: int) -> None:
        """Note lots opened today; how many of them are left the position says."""
        lots = account.opened.get(key)
        if lots is None:
            lots = account.opened[key] = OpenedLots()
        lots.add(price_ticks, qty)

    def put_price(self, instrument_id: int, price_ticks: int) -> None:
        """Take over a last price; all holders are touched when it moved."""
        if self.last_ticks.get(instrument_id) != price_ticks:
            self.last_ticks[instrument_id] = price_ticks
            self._moved.add(instrument_id)

    def apply(self, event: ev.Event, *, seq: int) -> None:
        """Fold one event of a journal number; what the loaded state already holds is passed over."""
        if type(event) is ev.Trade:
            self.put_price(event.instrument_id, event.price_ticks)
            for leg in (event.maker, event.taker):
                account = self.account(leg.tenant_id, leg.account_id)
                if leg.offset == OPEN and seq > account.loaded_seq:
                    key = (event.instrument_id, leg.position.side)
                    self.put_opened(account, key, event.price_ticks, event.qty)
                self._after(leg.tenant_id, leg.account_id, leg.funds, [leg.position], seq=seq)
        elif isinstance(event, _ORDER_EVENTS):
            positions = [] if event.position is None else [event.position]
            self._after(event.tenant_id, event.account_id, event.funds, positions, seq=seq)
        elif isinstance(event, _MONEY_EVENTS):
            self._after(event.tenant_id, event.account_id, event.funds, [], seq=seq)
        elif isinstance(event, venue_events.LotsExpired):
            self._after(event.tenant_id, event.account_id, event.funds, [event.position], seq=seq)
        elif isinstance(event, ev.AccountSettled):
            self._after(event.tenant_id, event.account_id, event.funds, event.positions, seq=seq)
        elif isinstance(event, ev.AccountStatusChanged):
            account = self.account(event.tenant_id, event.account_id)
            if seq >= account.loaded_seq:
                account.status = event.status
                self._touched.add(event.account_id)
        elif isinstance(event, _TERMS_EVENTS):
            self._after_terms(event)

    def _after_terms(self, event: ev.Event) -> None:
        """Contracts have other terms or another price: their holders' figures have moved."""
        self._moved.update(self.terms.apply(event))
        if isinstance(event, ev.InstrumentPut):
            spec = event.instrument
            self.tick_value_fen[spec.instrument_id] = spec.tick_value_fen
            if not self.holders.get(spec.instrument_id):
                # An idle contract begins anew at its settlement price; one that is held keeps it and its last price.
                self.put_price(spec.instrument_id, spec.previous_settlement_ticks)
        elif isinstance(event, ev.SettlementBegun):
            for instrument_id, settlement_ticks, _ in event.rows:
                self.put_price(instrument_id, settlement_ticks)
        elif isinstance(event, ev.DayRolled):
            for instrument_id, settlement_ticks, _, _ in event.settlement:
                self.put_price(instrument_id, settlement_ticks)

    def _after(
        self, tenant_id: int, account_id: int, funds: ev.Funds, positions: list[ev.PositionState], *, seq: int
    ) -> None:
        account = self.account(tenant_id, account_id)
        if seq < account.loaded_seq:
            return
        self._take_funds(account, funds)
        for position in positions:
            self._take_position(account, position)

    def take_touched(self) -> list[int]:
        """Return, in order, the accounts whose risk may have changed, and start over."""
        touched = set(self._touched)
        for instrument_id in self._moved:
            touched |= self.holders.get(instrument_id, set())
        self._touched.clear()
        self._moved.clear()
        return sorted(touched)

    def risk(self, account_id: int) -> Risk:
        """Work out the risk degree (风险度) of an account: margin divided by equity at the last prices."""
        account = self.accounts[account_id]
        profit = exposure = exchange_margin = 0
        for (instrument_id, side), position in account.positions.items():
            last_ticks = self.last_ticks.get(instrument_id)
            if last_ticks is None:
                continue
            value = last_ticks * self.tick_value_fen[instrument_id] * (position.today_qty + position.yesterday_qty)
            gain = value - position.mark_cost_fen
            profit += gain if side == LONG else -gain
            exposure += value if side == LONG else -value
            lots = account.opened.get((instrument_id, side), _NONE_OPENED)
            exchange_margin += self.terms.margin_fen(position, lots)
        equity = account.cash_fen + profit
        degree = min(DEGREE_BEYOND_PPM, risk_ppm(account.margin_fen, equity))
        available = account.cash_fen - account.margin_fen - account.frozen_fen + min(0, profit)
        return Risk(
            account.tenant_id,
            account_id,
            equity,
            account.margin_fen,
            available,
            profit,
            degree,
            exposure,
            exchange_margin,
        )
