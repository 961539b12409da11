"""Rules of a venue, ladders of one-sided markets and roads to delivery, as proposals of one operator to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.auth.actor import Actor
from portal.lib.errors import Refused
from trading.calendar.delivery import ANCHORS
from trading.choices import OperatorProposalKind
from trading.engine.bounds import NAME_LEN_MAX, RATE_PPM_MAX
from trading.engine.ladders import CLOSE_WINDOW_S, CLOSE_WINDOW_S_MAX, STEPS_MAX
from trading.models import OperatorProposal
from trading.services.core_calls import require
from trading.services.operator_proposals import RIGHT, operator_propose
from trading.services.venue_commands import delivery_commands


def ladder_propose(
    *,
    actor: Actor,
    venue: str,
    product: str,
    steps: Sequence[tuple[int, int, bool]],
    reason: str = "",
    window_s: int = CLOSE_WINDOW_S,
) -> OperatorProposal:
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
    return operator_propose(actor=actor, kind=OperatorProposalKind.LADDER, payload=payload, reason=reason)


def delivery_propose(
    *, actor: Actor, venue: str, product: str, rule: Mapping[str, Any], reason: str = ""
) -> OperatorProposal:
    """Propose a product's road to delivery. It is counted out now already, so that nobody approves the impossible."""
    require(actor, RIGHT)
    _name("/venue", venue, empty=False)
    _name("/product", product, empty=False)
    anchors = [row.get("anchor") for row in [*rule.get("steps", []), rule.get("natural_open"), rule.get("natural_zero")]
               if row]  # fmt: skip
    if not rule.get("steps") or not all(anchor in ANCHORS for anchor in anchors):
        raise _invalid("/rule", "Unknown anchor of a step.", anchors=list(ANCHORS))
    payload = {"venue": venue, "product": product, "rule": dict(rule)}
    delivery_commands(payload, "maker", "checker")
    return operator_propose(actor=actor, kind=OperatorProposalKind.DELIVERY, payload=payload, reason=reason)


def _name(pointer: str, text: str, *, empty: bool) -> None:
    if not (empty and not text) and (not 0 < len(text) <= NAME_LEN_MAX or not text.isprintable()):
        raise _invalid(pointer, "Give a name.")


def _invalid(pointer: str, detail: str, **figures: object) -> Refused:
    return Refused("invalid_field", figures, detail=detail, status=422, pointer=pointer)
