"""Who must be out before delivery: asked of the core, which alone knows positions, rules and day as of one moment."""

from __future__ import annotations

from typing import Any

from accounts.auth.actor import Actor
from portal.lib.errors import Refused
from trading.choices import POSITION_SIDE_WORDS
from trading.core.client import CoreUnavailable, query
from trading.engine.delivery_duties import DeliveryDuty
from trading.selectors.contracts import contract_by_id
from trading.shapes.numbers import day_text


def delivery_duties(*, tenant_id: int) -> list[DeliveryDuty]:
    """Return the duties of a tenant's accounts; raise `Refused` while the core is away."""
    try:
        found: list[DeliveryDuty] = query("delivery_duties", tenant_id=tenant_id)
    except CoreUnavailable as problem:
        raise Refused("trading_unavailable", {"maybe_executed": problem.maybe_executed}, status=503) from problem
    return found


def delivery_duties_list(*, actor: Actor) -> list[dict[str, Any]]:
    """Return the duties of the accounts that an officer may see, as the API shows them."""
    if actor.tenant_id is None:
        return []
    return [
        {
            "account_id": duty.account_id,
            "symbol": contract_by_id(duty.instrument_id).symbol,
            "side": POSITION_SIDE_WORDS[duty.side],
            "held": duty.held_qty,
            "qty": duty.qty,
            "by": day_text(duty.by_day),
            "reason": duty.reason,
        }
        for duty in delivery_duties(tenant_id=actor.tenant_id)
        if actor.can_see(duty.account_id)
    ]
