"""The ladder of one-sided markets: its table, the window before the close, and the step that each day's end brings."""

from __future__ import annotations

from typing import Final

from trading.engine import rejects
from trading.engine.bounds import RATE_PPM_MAX, name_ok
from trading.engine.commands import PutLimitLadder, WatchClose
from trading.engine.control_flow import two_people
from trading.engine.counter.contracts import Contract
from trading.engine.events import Event
from trading.engine.exchange.market import Market
from trading.engine.exchange.one_sided import one_sided_now, still_one_sided
from trading.engine.ladders import CLOSE_WINDOW_S, CLOSE_WINDOW_S_MAX, STEPS_MAX, LimitStep, Rung, Watch
from trading.engine.parameter_days import begin_parameters
from trading.engine.refusing import refuse
from trading.engine.state import State
from trading.engine.types import BREAK, CONTINUOUS, HALTED
from trading.engine.venue_events import ContractsMoved, ContractTerms, LimitLadderPut

_WATCHABLE: Final = frozenset({CONTINUOUS, BREAK, HALTED})


def contract_terms(state: State, instrument_id: int) -> ContractTerms:
    """What venue rules make of a contract at present."""
    contract, market = state.contracts[instrument_id], state.markets[instrument_id]
    rung, watch = contract.rung, state.watches.get(instrument_id)
    return ContractTerms(
        instrument_id,
        market.phase,
        market.one_sided if watch is None else watch.side,
        0 if rung is None else rung.step,
        0 if rung is None else rung.side,
        contract.limit_ppm_in_force,
        contract.margin_floor_ppm,
        contract.lot_multiple,
        contract.position_limit,
        contract.closed_to_natural,
        contract.expired,
    )


def moved(state: State, instrument_ids: list[int], trading_day: int, actor: str) -> ContractsMoved:
    """The event that tells how contracts stand now."""
    return ContractsMoved(0, trading_day, [contract_terms(state, key) for key in instrument_ids], actor)


def look(state: State) -> None:
    """After a command in a window before a close: forget the markets that it has opened."""
    for instrument_id in list(state.watches):
        if not still_one_sided(state.markets[instrument_id], state.watches[instrument_id]):
            del state.watches[instrument_id]


def end_watch(state: State, market: Market) -> None:
    """The close, or the settlement without one: what is still one-sided has been so through the whole window."""
    watch = state.watches.pop(market.instrument_id, None)
    if watch is not None:
        market.one_sided = watch.side


class LadderFlow:
    """Puts ladders and watches closes."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state: Final = state

    def put_ladder(self, command: PutLimitLadder, events: list[Event]) -> None:
        """Put the table of a venue's product, or of all its products; without steps take it away."""
        steps = command.steps
        code = two_people(command.maker, command.checker)
        if not code and not (
            command.tenant_id == 0
            and name_ok(command.venue)
            and (not command.product or name_ok(command.product))
            and len(steps) <= STEPS_MAX
            and 1 <= command.window_s <= CLOSE_WINDOW_S_MAX
            and all(0 <= step.add_ppm < RATE_PPM_MAX and 0 <= step.margin_over_ppm < RATE_PPM_MAX for step in steps)
        ):
            code = rejects.FIELD_BAD
        if code:
            refuse(events, command.tenant_id, 0, code)
            return
        key = (command.venue, command.product)
        state = self._state
        state.ladders.pop(key, None)
        state.close_windows.pop(key, None)
        if steps:
            state.ladders[key] = steps
            if command.window_s != CLOSE_WINDOW_S:
                state.close_windows[key] = command.window_s
        events.append(
            LimitLadderPut(0, *key, steps, command.maker, command.checker, command.window_s)
        )  # fmt: skip

    def watch_close(self, command: WatchClose, events: list[Event]) -> None:
        """Begin to watch open contracts. A window begins once a day: what has begun is passed over."""
        state = self._state
        if command.tenant_id != 0 or not name_ok(command.actor):
            refuse(events, command.tenant_id, 0, rejects.FIELD_BAD)
            return
        begun: list[int] = []
        for instrument_id in sorted(set(command.instrument_ids)):
            market = state.markets.get(instrument_id)
            if market is None:
                refuse(events, 0, 0, rejects.INSTRUMENT_UNKNOWN, instrument_id=instrument_id)
                return
            if market.phase not in _WATCHABLE or state.contracts[instrument_id].expired:
                refuse(events, 0, 0, rejects.PHASE_BAD, instrument_id=instrument_id, phase=market.phase)
                return
            if market.watched_day != state.trading_day:
                begun.append(instrument_id)
        if not begun:
            refuse(events, 0, 0, rejects.PHASE_BAD, watched=len(set(command.instrument_ids)))
            return
        for instrument_id in begun:
            market = state.markets[instrument_id]
            market.watched_day = state.trading_day
            side = one_sided_now(market)
            if side:
                state.watches[instrument_id] = Watch(side, market.volume, market.turnover_ticks)
        events.append(moved(state, begun, state.trading_day, command.actor))


def enter_day(state: State, trading_day: int) -> list[int]:
    """Bring every contract to its terms of the day to come, before it is put on its settlement price.

    The dated rows of the day come first, then the ladder and the road: a first one-sided day counts from the contract's
    own limit of that day, while the margin goes by the limit that will be in force. Gives the contracts whose terms
    have changed. Of a contract that no rule of the venue ever touched nothing is told.
    """
    before: dict[int, tuple[int, int, ContractTerms]] = {}
    for instrument_id in sorted(state.contracts):
        contract, market = state.contracts[instrument_id], state.markets[instrument_id]
        end_watch(state, market)
        side, market.one_sided = market.one_sided, 0
        known = side or contract.entered_day or market.watched_day  # somebody was told of its terms
        if not contract.expired and (known or contract.delivery is not None):
            before[instrument_id] = (side, contract.limit_ppm, contract_terms(state, instrument_id))
    begin_parameters(state, trading_day)
    changed: list[int] = []
    for instrument_id, (side, own_ppm, terms) in before.items():
        contract, market = state.contracts[instrument_id], state.markets[instrument_id]
        ends = contract.ends_before(trading_day)
        contract.rung = None if ends else _next_rung(state, contract, market, side, own_ppm)
        contract.enter_day(trading_day)
        if contract.rung is not None and contract.rung.halts:
            market.phase = HALTED
        if side or contract_terms(state, instrument_id) != terms:
            changed.append(instrument_id)
    return changed


def ladder_key(state: State, contract: Contract) -> tuple[str, str] | None:
    """Which ladder a contract is under: its product's, or else its venue's."""
    spec = contract.spec
    for key in ((spec.venue, spec.product), (spec.venue, "")):
        if key in state.ladders:
            return key
    return None


def close_window_s(state: State, contract: Contract) -> int:
    """The window before the close, in seconds, in which a contract is watched; 0: it is under no ladder."""
    key = ladder_key(state, contract)
    return 0 if key is None else state.close_windows.get(key, CLOSE_WINDOW_S)


def _next_rung(state: State, contract: Contract, market: Market, side: int, own_ppm: int) -> Rung | None:
    """The step after a day: one up in the same direction, the first one in another, none without a one-sided close.

    A day that ends halted moves nobody: nobody could trade, so it says nothing of the market. `own_ppm` is the
    contract's own limit of the day that ends.
    """
    rung = contract.rung
    if market.phase == HALTED:
        return rung
    key = ladder_key(state, contract)
    steps: list[LimitStep] = [] if key is None else state.ladders[key]
    if not side or not steps:
        return None
    if rung is not None and rung.side == side:
        number, base = min(rung.step + 1, len(steps)), rung.base_ppm
    else:
        number, base = 1, own_ppm  # a new first day
    step = steps[number - 1]
    limit = min(base + step.add_ppm, RATE_PPM_MAX - 1)
    # The margin goes by the limit that will be in force, which may be the contract's own by then.
    margin = min(max(limit, contract.limit_ppm) + step.margin_over_ppm, RATE_PPM_MAX)
    return Rung(number, side, base, limit, margin, step.halts)
