"""Rules of a venue: one operator proposes a table, another approves, the core gets it with both names.

A road to delivery is proposed for a product and counted out by the calendar for each of its months that has not
ended; a month listed later gets the product's last approved one.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils import timezone

from accounts import audit
from accounts.auth.actor import Actor
from accounts.errors import not_found
from accounts.permissions import Right
from portal import env
from portal.lib.errors import Refused
from trading.calendar.delivery import ANCHORS, RuleError, resolve
from trading.calendar.model import day_number
from trading.calendar.named import ALWAYS_OPEN, open_calendar
from trading.choices import ProposalState, VenueProposalKind
from trading.engine import rejects
from trading.engine.bounds import NAME_LEN_MAX, RATE_PPM_MAX, REASON_LEN_MAX
from trading.engine.commands import Command, PutDelivery, PutLimitLadder
from trading.engine.instrument import Instrument as Spec
from trading.engine.ladders import CLOSE_WINDOW_S, CLOSE_WINDOW_S_MAX, STEPS_MAX, LimitStep
from trading.models import Instrument, VenueProposal
from trading.services.core_calls import actor_name, command_send, require
from trading.services.instruments import instrument_put

RIGHT: Final = Right.INSTRUMENT_EDIT
_DAYS_BACK: Final = 92
_SATURDAY: Final = 5


def ladder_propose(
    *,
    actor: Actor,
    venue: str,
    product: str,
    steps: Sequence[tuple[int, int, bool]],
    reason: str = "",
    window_s: int = CLOSE_WINDOW_S,
) -> VenueProposal:
    """Propose a ladder of one-sided markets: (points added, margin points above the limit, halts) of each step, ppm.

    `window_s`: seconds before the close in which a market can be one-sided.
    """
    require(actor, RIGHT)
    _name("/venue", venue, empty=False)
    _name("/product", product, empty=True)
    if len(steps) > STEPS_MAX or not all(0 <= ppm < RATE_PPM_MAX for add, over, _halts in steps for ppm in (add, over)):
        raise _invalid("/steps", "A step adds between 0 and 100 points.")
    if not 1 <= window_s <= CLOSE_WINDOW_S_MAX:
        raise _invalid("/window_s", "The window lies between a second and four hours.", highest=CLOSE_WINDOW_S_MAX)
    payload = {"venue": venue, "product": product, "steps": [list(step) for step in steps], "window_s": window_s}
    return _propose(actor, VenueProposalKind.LADDER, payload, reason)


def delivery_propose(
    *, actor: Actor, venue: str, product: str, rule: Mapping[str, Any], reason: str = ""
) -> VenueProposal:
    """Propose a product's road to delivery. It is counted out now already, so that nobody approves the impossible."""
    require(actor, RIGHT)
    _name("/venue", venue, empty=False)
    _name("/product", product, empty=False)
    anchors = [row.get("anchor") for row in [*rule.get("steps", []), rule.get("natural_open"), rule.get("natural_zero")]
               if row]  # fmt: skip
    if not rule.get("steps") or not all(anchor in ANCHORS for anchor in anchors):
        raise _invalid("/rule", "Unknown anchor of a step.", anchors=list(ANCHORS))
    payload = {"venue": venue, "product": product, "rule": dict(rule)}
    _delivery_commands(payload, "maker", "checker")
    return _propose(actor, VenueProposalKind.DELIVERY, payload, reason)


def venue_proposal_approve(*, actor: Actor, proposal_id: int) -> VenueProposal:
    """Carry a proposal out; its maker may not. Sent again after a loss it says the same twice."""
    proposal = _open(actor, proposal_id)
    if proposal.maker_id == actor.user_id:
        raise Refused(rejects.MAKER_IS_CHECKER, status=403)
    seq: int | None = None
    result: dict[str, Any]
    try:
        for command in _commands(proposal, f"u{proposal.maker_id}", actor_name(actor)):
            seq = command_send(command).seq
        state, result = ProposalState.APPLIED, {"seq": seq}
    except Refused as refused:
        if refused.status >= 500:
            raise
        state, result = ProposalState.REFUSED, {"code": refused.code, "figures": dict(refused.figures)}
    return _decide(actor, proposal, state=state, result=result, seq=seq, reason="")


def venue_proposal_reject(*, actor: Actor, proposal_id: int, reason: str = "") -> VenueProposal:
    """Refuse a proposal, or withdraw one's own."""
    proposal = _open(actor, proposal_id)
    own = proposal.maker_id == actor.user_id
    state = ProposalState.WITHDRAWN if own else ProposalState.REFUSED
    return _decide(actor, proposal, state=state, result={"reason": reason}, seq=None, reason=reason)


def instrument_list(*, actor: Actor, instrument: Spec) -> int:
    """List a new month and put it on its product's road as last approved; returns the last journal number."""
    seq = instrument_put(actor=actor, instrument=instrument)
    return _apply_road(instrument) or seq


def _apply_road(instrument: Spec) -> int | None:
    rows = VenueProposal.objects.filter(kind=VenueProposalKind.DELIVERY, state=ProposalState.APPLIED)
    found = rows.filter(payload__venue=instrument.venue, payload__product=instrument.product).order_by("-id").first()
    if found is None:
        return None
    people = f"u{found.maker_id}", f"u{found.checker_id}"
    command = _delivery_command(
        instrument.instrument_id, instrument.symbol, instrument.last_trading_day, found.payload["rule"], *people
    )
    return command_send(command).seq


def _commands(proposal: VenueProposal, maker: str, checker: str) -> list[Command]:
    data = proposal.payload
    if proposal.kind == VenueProposalKind.LADDER:
        steps = [LimitStep(int(add), int(over), bool(halts)) for add, over, halts in data["steps"]]
        window_s = int(data.get("window_s", CLOSE_WINDOW_S))
        return [PutLimitLadder(0, data["venue"], data["product"], steps, maker, checker, window_s)]
    return list(_delivery_commands(data, maker, checker))


def _delivery_commands(data: Mapping[str, Any], maker: str, checker: str) -> list[PutDelivery]:
    rows = Instrument.objects.filter(venue=data["venue"], product=data["product"]).select_related("rules")
    months = [row for row in rows.order_by("last_trading_date") if not (hasattr(row, "rules") and row.rules.expired)]
    if not months:
        raise Refused(rejects.INSTRUMENT_UNKNOWN, status=422, pointer="/product")
    return [
        _delivery_command(month.id, month.symbol, day_number(month.last_trading_date), data["rule"], maker, checker)
        for month in months
    ]


def _delivery_command(
    instrument_id: int, symbol: str, last_day: int, rule: Mapping[str, Any], maker: str, checker: str
) -> PutDelivery:
    through = datetime.date(last_day // 10_000, last_day // 100 % 100, last_day % 100)
    try:
        delivery = resolve(rule, last_trading_day=last_day, trading_days=trading_days(through=through))
    except RuleError as problem:
        raise _invalid("/rule", "The calendar cannot count this out.", symbol=symbol, why=str(problem)) from None
    return PutDelivery(0, instrument_id, delivery, maker, checker)


def trading_days(*, through: datetime.date) -> list[int]:
    """Return the trading days of the three months that end with a date.

    As the calendar in force says; where it is silent (a market that never closes, a year not published yet), weekdays.
    """
    told = {day.date: day.trades for day in open_calendar(env.text("AURUM_CALENDAR", default=ALWAYS_OPEN)).days}
    dates = [through - datetime.timedelta(days=back) for back in range(_DAYS_BACK, -1, -1)]
    return [day_number(date) for date in dates if told.get(date, date.weekday() < _SATURDAY)]


def _propose(actor: Actor, kind: str, payload: dict[str, Any], reason: str) -> VenueProposal:
    text = reason.strip()
    if len(text) > REASON_LEN_MAX or "\x00" in text:
        raise _invalid("/reason", "The reason is too long.", limit=REASON_LEN_MAX)
    proposal = VenueProposal(kind=kind, payload=payload, reason=text[:400], maker_id=actor.user_id)
    proposal.save(force_insert=True)
    audit.record(
        actor=actor, action=f"{kind}.propose", target=f"venue proposal {proposal.pk}", after=payload, reason=text[:400]
    )
    return proposal


def _open(actor: Actor, proposal_id: int) -> VenueProposal:
    require(actor, RIGHT)
    proposal = VenueProposal.objects.select_for_update().filter(pk=proposal_id).first()
    if proposal is None:
        raise not_found()
    if proposal.state != ProposalState.PROPOSED:
        raise Refused("wrong_state", {"state": proposal.state}, status=409)
    return proposal


def _decide(
    actor: Actor, proposal: VenueProposal, *, state: str, result: dict[str, Any], seq: int | None, reason: str
) -> VenueProposal:
    before, proposal.state = proposal.state, state
    proposal.result, proposal.journal_seq, proposal.decided_at = result, seq, timezone.now()
    if proposal.maker_id != actor.user_id:
        proposal.checker_id = actor.user_id
    proposal.save(update_fields=["state", "result", "journal_seq", "decided_at", "checker"])
    audit.record(
        actor=actor,
        action=f"{proposal.kind}.{state}",
        target=f"venue proposal {proposal.pk}",
        before={"state": before},
        after={"state": state, "result": result},
        journal_seq=seq,
        reason=reason[:400],
    )
    return proposal


def _name(pointer: str, text: str, *, empty: bool) -> None:
    if not (empty and not text) and (not 0 < len(text) <= NAME_LEN_MAX or not text.isprintable()):
        raise _invalid(pointer, "Give a name.")


def _invalid(pointer: str, detail: str, **figures: object) -> Refused:
    return Refused("invalid_field", figures, detail=detail, status=422, pointer=pointer)
