"""What only set-up and the platform's operator do: contracts, the end of a trading day, kill switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from accounts import audit
from accounts.audit import SystemActor
from accounts.auth.actor import Actor
from accounts.errors import right_missing
from accounts.permissions import Right
from portal.lib.errors import Refused
from trading.choices import KILL_SCOPE_CODES
from trading.core.client import Answer
from trading.engine import rejects
from trading.engine.bounds import REASON_LEN_MAX
from trading.engine.commands import PutInstrument, RollDay, SetKill
from trading.engine.instrument import Instrument as Spec
from trading.engine.views import InstrumentStats
from trading.selectors.contracts import contracts_forget
from trading.services.core_calls import actor_name, command_send, core_query, require
from trading.shapes.contracts import Contract, PriceError

Doer = Actor | SystemActor


@dataclass(frozen=True, slots=True)
class DayRoll:
    """A trading day that has ended, and the one that has begun."""

    ended: int
    begun: int
    seq: int


def instrument_put(*, actor: SystemActor, instrument: Spec) -> int:
    """List a contract in set-up; returns the journal number. People propose it (`contract_changes`)."""
    if not isinstance(actor, SystemActor):
        raise right_missing(Right.INSTRUMENT_EDIT)
    answer = command_send(PutInstrument(0, instrument, "system"))
    contracts_forget()
    audit.record(
        actor=actor,
        action="instrument.put",
        target=instrument.symbol,
        after={"instrument": instrument.instrument_id, "tradable": instrument.tradable},
        journal_seq=answer.seq,
    )
    return answer.seq


def day_roll(*, actor: Doer, next_trading_day: int | None = None, prices: Mapping[str, str] | None = None) -> DayRoll:
    """End the trading day at given settlement prices; a contract without one settles at the day's mean price.

    The mean is the day's turnover by its volume, rounded to the nearest tick (half up); without a trade it is the
    last known price.
    """
    who = operator_name(actor, Right.DAY_ROLL)
    ended = int(core_query("status")["trading_day"])
    begun = next_trading_day or day_next(ended)
    rows = settlement_rows(prices or {})
    answer = command_send(RollDay(0, begun, rows, who))
    contracts_forget()
    audit.record(
        actor=actor,
        action="day.roll",
        target=str(begun),
        before={"trading_day": ended},
        after={"trading_day": begun, "settlement": rows},
        journal_seq=answer.seq,
    )
    return DayRoll(ended=ended, begun=begun, seq=answer.seq)


def venue_kill(*, actor: Doer, on: bool, reason: str, scope: str = "venue", target_id: int = 0) -> int:
    """Throw or release a kill switch of the venue, a tenant or a contract; returns the journal number."""
    who = operator_name(actor, Right.VENUE_KILL)
    text = reason.strip()
    if not text or len(text) > REASON_LEN_MAX:
        raise Refused("invalid_field", detail="Give a reason.", status=422, pointer="/reason")
    if scope not in KILL_SCOPE_CODES or (scope == "venue") != (target_id == 0):
        raise Refused("invalid_field", detail="Unknown scope of the kill switch.", status=422, pointer="/scope")
    answer: Answer = command_send(SetKill(0, KILL_SCOPE_CODES[scope], target_id, on, text, who))
    audit.record(
        actor=actor,
        action="kill.on" if on else "kill.off",
        target=f"{scope} {target_id}",
        journal_seq=answer.seq,
        reason=text,
    )
    return answer.seq


def day_next(trading_day: int) -> int:
    """Return the trading day after one: the calendar's next, or the next weekday where the market never closes."""
    calendar = core_query("status").get("calendar") or {}
    if not calendar.get("timed") or not trading_day:
        return day_after(trading_day)
    found = int(calendar.get("next_trading_day") or 0)
    if not found:
        detail = "The calendar ends here: give the next trading day."
        raise Refused(
            "invalid_field", {"trading_day": trading_day}, detail=detail, status=422, pointer="/next_trading_day"
        )
    return found


def day_after(trading_day: int) -> int:
    """Return the next weekday after a trading day (YYYYMMDD)."""
    day = date(trading_day // 10000, trading_day // 100 % 100, trading_day % 100) + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day.year * 10000 + day.month * 100 + day.day


def settlement_ticks(stats: InstrumentStats, *, tick_value_fen: int) -> int:
    """Return the day's mean price in ticks, or the last known one when nothing was traded."""
    if not stats.volume:
        return stats.last or stats.previous_settlement
    weight = stats.volume * tick_value_fen
    mean = (2 * stats.turnover_fen + weight) // (2 * weight)
    return min(max(mean, stats.lower), stats.upper)


def settlement_rows(prices: Mapping[str, str], *, complete: bool = True) -> list[tuple[int, int]]:
    """Return (contract, ticks) of the given prices, and of all other contracts when it is to be complete."""
    given = dict(prices)
    stats = {item.instrument_id: item for item in core_query("stats", instrument_id=0)}
    rows: list[tuple[int, int]] = []
    for spec, lower_ticks, upper_ticks in core_query("instruments"):
        contract = Contract(spec, lower_ticks=lower_ticks, upper_ticks=upper_ticks)
        text = given.pop(spec.symbol, None)
        if text is None:
            if not complete:
                continue
            ticks = settlement_ticks(stats[spec.instrument_id], tick_value_fen=spec.tick_value_fen)
        else:
            ticks = _ticks(contract, text)
        rows.append((spec.instrument_id, ticks))
    if given:
        figures = {"symbols": sorted(given)}
        raise Refused(rejects.INSTRUMENT_UNKNOWN, figures, status=422, pointer="/prices")
    return rows


def _ticks(contract: Contract, text: str) -> int:
    try:
        return contract.ticks(text)
    except PriceError as problem:
        raise Refused(problem.code, {"symbol": contract.symbol}, status=422, pointer="/prices") from problem


def operator_name(actor: Doer, right: Right) -> str:
    """Return how the journal names an operator; refuse somebody without the right."""
    if isinstance(actor, SystemActor):
        return "system"
    require(actor, right)
    return actor_name(actor)
