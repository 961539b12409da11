"""Drives the participants over one link to the core: looks ten times a second, sends what they want, listens.

It is an ordinary client. Whatever happens to the core, it begins again: all own orders cancelled, contracts and day
read anew, ladders rebuilt.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from accounts.models import HOUSE_TENANT_ID
from portal.lib.errors import Refused
from trading.core.client import Answer, CoreLink, CoreUnavailable, Delivery
from trading.engine import events as ev
from trading.engine import rejects
from trading.engine import types as t
from trading.engine.all_events import AnyEvent
from trading.engine.commands import CancelAll, CancelOrder, Command, PlaceOrder, ReplaceOrder
from trading.engine.instrument import Instrument
from trading.simulation import house
from trading.simulation.market import Market, Turn, makers_turn, noise_turn
from trading.simulation.own_orders import OwnOrder, OwnOrders, change_key
from trading.simulation.participants import MarketMaker, Move, NoiseTrader, Wish
from trading.simulation.paths import Band, FollowingPath, Path

log = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 0.1
_REPORT_EVERY_S: Final = 60.0
_ACTOR: Final = "system:simulation"
_IN_FLIGHT_MAX: Final = 2000
# Refusals that concern the contract or the day, not the order: trying again at once would be noise of the wrong kind.
_RESTING_CODES: Final = frozenset(
    {rejects.KILL_SWITCH, rejects.INSTRUMENT_CLOSED, rejects.PRICE_BAND, rejects.TRADING_DAY, rejects.DISK_FULL}
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to simulate."""

    accounts: Sequence[int]  # of the makers first, then of the traders
    makers: int
    seed: int
    activity: float = 1.0
    symbols: Sequence[str] = ()  # empty: all contracts


class NoContracts(Exception):  # noqa: N818
    """There is nothing to trade yet."""


class Simulation:
    """The participants and their link."""

    def __init__(self, plan: Plan, *, make_path: Callable[[int], Path]) -> None:
        self._plan = plan
        self._make_path = make_path
        self._orders = {account_id: OwnOrders(account_id) for account_id in plan.accounts}
        books = list(self._orders.values())
        self._makers = [MarketMaker(orders, number=n, seed=plan.seed) for n, orders in enumerate(books[: plan.makers])]
        self._trader_books = books[plan.makers :]
        self._traders: dict[int, list[NoiseTrader]] = {}
        self._markets: dict[int, Market] = {}
        self._link = CoreLink("simulation", self._on_delivery, self._on_state)
        self._up = asyncio.Event()
        self._ready = False
        self._trading_day = 0
        self._sent = 0
        self._trades = 0
        self._tag = f"s{time.time_ns() // 1_000_000:x}"
        self._in_flight = 0
        self._poor: set[int] = set()
        self._leaving = False

    async def run(self, *, seconds: float | None = None) -> None:
        """Simulate until cancelled, or for a time."""
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        report_due_s = _REPORT_EVERY_S
        await self._link.start()
        self._link.watch(self._plan.accounts)
        try:
            while seconds is None or self._now_s() < seconds:
                await self._look_once()
                if self._now_s() > report_due_s:
                    report_due_s += _REPORT_EVERY_S
                    self._report()
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            await self._leave()

    # -- one look

    async def _look_once(self) -> None:
        if not self._link.connected:
            await self._wait_up()
            return
        try:
            if not self._ready:
                await self._begin()
            await self._refill()
            self._send_turn(self._turn())
        except CoreUnavailable:
            self._ready = False
        except NoContracts as problem:
            log.info("%s", problem)
            await asyncio.sleep(1.0)

    async def _wait_up(self) -> None:
        self._up.clear()
        try:
            await asyncio.wait_for(self._up.wait(), timeout=1.0)
        except TimeoutError:
            return

    def _turn(self) -> Turn:
        turn = Turn()
        now_s = self._now_s()
        for market in self._markets.values():
            if not market.look(now_s):
                continue
            if market.quotes_are_due(now_s):
                makers_turn(turn, market, self._makers)
            noise_turn(turn, market, self._traders[market.instrument_id], now_s=now_s)
        return turn

    # -- beginning

    async def _begin(self) -> None:
        """Start over: cancel what is left of us, learn contracts, bands and day."""
        for orders in self._orders.values():
            orders.clear()
        status: dict[str, Any] = await self._link.query("status")
        self._trading_day = int(status["trading_day"])
        rows = await self._link.query("instruments")
        wanted = set(self._plan.symbols)
        chosen = [row for row in rows if row[0].tradable and (not wanted or row[0].symbol in wanted)]
        if not chosen or not self._trading_day:
            names = ", ".join(sorted(wanted)) or "tradable contract"
            raise NoContracts(f"no {names} yet, or no trading day has begun; waiting")
        cancels = [
            self._link.submit(CancelAll(HOUSE_TENANT_ID, account_id, 0, t.CANCELED_BY_CLIENT, _ACTOR))
            for account_id in self._orders
        ]
        await asyncio.gather(*cancels)
        stats = {item.instrument_id: item for item in await self._link.query("stats", instrument_id=0)}
        self._open_markets(chosen, last={number: item.last for number, item in stats.items()})
        self._ready = True
        log.info("quoting %s on day %s", ", ".join(row[0].symbol for row in chosen), self._trading_day)

    def _open_markets(self, rows: list[tuple[Instrument, int, int]], *, last: dict[int, int]) -> None:
        if self._markets:  # after a reconnect the paths go on; only the bands may be new
            for instrument, lower, upper in rows:
                if instrument.instrument_id in self._markets:
                    self._markets[instrument.instrument_id].band = Band(lower, upper)
            return
        main_path: Path | None = None
        main_start = 0
        for instrument, lower, upper in rows:
            number = instrument.instrument_id
            start = last.get(number) or instrument.previous_settlement_ticks
            if main_path is None:
                path = main_path = self._make_path(start)
                main_start = start
            else:
                path = FollowingPath(
                    main_path, main_start_ticks=main_start, start_ticks=start, seed=self._plan.seed + number
                )
            is_main = path is main_path
            self._markets[number] = Market(number, instrument.symbol, Band(lower, upper), path, is_main, start)
            self._traders[number] = self._noise_of(number, is_main=is_main)

    def _noise_of(self, instrument_id: int, *, is_main: bool) -> list[NoiseTrader]:
        rate = (4.5 if is_main else 0.35) * self._plan.activity / max(1, len(self._trader_books))
        return [
            NoiseTrader(orders, number=n * 1000 + instrument_id, seed=self._plan.seed, per_second=rate)
            for n, orders in enumerate(self._trader_books)
        ]

    async def _refill(self) -> None:
        """A participant that ran out of margin gets money again; its accounts are play money of the house."""
        while self._poor:
            account_id = self._poor.pop()
            log.warning("participant %s is out of margin, paying in", account_id)
            await asyncio.get_running_loop().run_in_executor(None, house.fund, account_id)

    # -- sending

    def _send_turn(self, turn: Turn) -> None:
        for account_id, item in turn.back:
            if isinstance(item, OwnOrder):
                self._cancel(account_id, item)
            else:
                self._move(account_id, item)
        for account_id, step in turn.forward:
            if isinstance(step, Move):
                self._move(account_id, step)
            else:
                self._place(account_id, step)
        for account_id, wish in turn.noise:
            self._place(account_id, wish)

    def _place(self, account_id: int, wish: Wish) -> None:
        if self._in_flight > _IN_FLIGHT_MAX:
            return
        self._sent += 1
        name = f"{self._tag}-{self._sent}"
        self._orders[account_id].on_the_way[name] = (wish.instrument_id, wish.side, wish.price_ticks)
        command = PlaceOrder(
            HOUSE_TENANT_ID,
            account_id,
            name,
            self._trading_day,
            wish.instrument_id,
            wish.side,
            t.AUTO,
            t.LIMIT,
            wish.time_in_force,
            wish.qty,
            wish.price_ticks,
            _ACTOR,
        )
        self._submit(command, account_id=account_id, key=name, order=None)

    def _cancel(self, account_id: int, order: OwnOrder) -> None:
        order.busy = True
        command = CancelOrder(HOUSE_TENANT_ID, account_id, order.order_id, "", _ACTOR)
        self._submit(command, account_id=account_id, key="", order=order)

    def _move(self, account_id: int, move: Move) -> None:
        order = move.order
        if order.busy:
            return
        order.busy = True
        key = change_key(order.order_id)
        self._orders[account_id].on_the_way[key] = (order.instrument_id, order.side, move.price_ticks)
        qty = order.filled_qty + move.leaves_qty
        command = ReplaceOrder(HOUSE_TENANT_ID, account_id, order.order_id, qty, move.price_ticks, _ACTOR)
        self._submit(command, account_id=account_id, key=key, order=order)

    def _submit(self, command: Command, *, account_id: int, key: str, order: OwnOrder | None) -> None:
        self._in_flight += 1
        future = self._link.submit(command)
        future.add_done_callback(lambda done: self._answered(done, account_id=account_id, key=key, order=order))

    # -- hearing

    def _answered(self, future: asyncio.Future[Answer], *, account_id: int, key: str, order: OwnOrder | None) -> None:
        self._in_flight -= 1
        orders = self._orders[account_id]
        if future.cancelled() or future.exception() is not None:
            orders.on_the_way.pop(key, None)
            return
        event = future.result().event
        if isinstance(event, ev.OrderRejected):
            self._refused(event.code, account_id=account_id, instrument_id=event.instrument_id)
        elif isinstance(event, ev.CommandRefused):
            orders.on_the_way.pop(key, None)
            if order is not None:
                self._change_refused(event, account_id=account_id, order=order)
            else:
                self._refused(event.code, account_id=account_id, instrument_id=0)

    def _change_refused(self, event: ev.CommandRefused, *, account_id: int, order: OwnOrder) -> None:
        """A move that is not allowed ends in a cancel; an order that is gone already needs nothing."""
        order.busy = False
        if event.code == rejects.ORDER_UNKNOWN or event.code == rejects.ORDER_TERMINAL:
            self._orders[account_id].working.pop(order.order_id, None)
        elif self._link.connected:
            self._cancel(account_id, order)

    def _refused(self, code: str, *, account_id: int, instrument_id: int) -> None:
        if code == rejects.INSUFFICIENT_MARGIN:
            self._poor.add(account_id)
        elif code in _RESTING_CODES:
            for market in self._markets.values():
                if instrument_id in (0, market.instrument_id):
                    market.rest(self._now_s())

    def _on_delivery(self, delivery: Delivery) -> None:
        for _seq, _at_ns, _market_ns, event in delivery.private:
            for orders in self._orders.values():
                orders.apply(event)
        for trade in delivery.trades:
            market = self._markets.get(trade.instrument_id)
            if market is not None:
                self._trades += 1
                market.last_ticks = trade.price_ticks
        for public in delivery.public:
            self._heard(public)

    def _heard(self, event: AnyEvent) -> None:
        if isinstance(event, ev.DayRolled):
            self._trading_day = event.trading_day
            for instrument_id, _settlement, lower, upper in event.settlement:
                if instrument_id in self._markets:
                    self._markets[instrument_id].band = Band(lower, upper)
        elif isinstance(event, ev.InstrumentPut):
            market = self._markets.get(event.instrument.instrument_id)
            if market is None:
                self._ready = False  # a new contract: read all of them again
                self._markets.clear()
            else:
                market.band = Band(event.lower_ticks, event.upper_ticks)

    def _on_state(self, available: bool) -> None:
        self._ready = False
        if available:
            self._up.set()
        elif not self._leaving:
            log.warning("the core is away; quotes are rebuilt when it is back")

    # -- ending

    async def _leave(self) -> None:
        """Take our orders out of the book: nobody stands behind them any more."""
        self._leaving = True
        if self._link.connected:
            try:
                await asyncio.wait_for(
                    asyncio.gather(
                        *[
                            self._link.submit(CancelAll(HOUSE_TENANT_ID, account_id, 0, t.CANCELED_BY_CLIENT, _ACTOR))
                            for account_id in self._orders
                        ]
                    ),
                    timeout=3.0,
                )
            except (CoreUnavailable, Refused, TimeoutError):
                log.warning("own orders could not be cancelled on leaving; the next start does it")
        await self._link.close()

    def _now_s(self) -> float:
        return self._loop.time() - self._began_s

    def _report(self) -> None:
        working = sum(len(orders.working) for orders in self._orders.values())
        refused = sum(orders.refused for orders in self._orders.values())
        log.info("orders sent %s, refused %s, working %s; trades seen %s", self._sent, refused, working, self._trades)
