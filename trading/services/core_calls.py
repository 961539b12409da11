"""From a service to the core: who acts, what came of it, and refusals as the doors speak them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from accounts.auth.actor import Actor
from accounts.errors import not_found, right_missing
from accounts.permissions import Right
from portal.lib.errors import Refused
from trading.core import client
from trading.core.client import Answer, CoreUnavailable
from trading.engine import rejects
from trading.engine.commands import CancelAll, Command
from trading.engine.events import CommandRefused
from trading.models import MoneyAccount
from trading.shapes.contracts import Contract
from trading.shapes.figures import figures_shape

UNAVAILABLE: Final = "trading_unavailable"

_STATUS_OF_CODE: Final[Mapping[str, int]] = {
    rejects.ACCOUNT_UNKNOWN: 404,
    rejects.ORDER_UNKNOWN: 404,
    rejects.INSTRUMENT_UNKNOWN: 422,
    rejects.STATEMENT_UNKNOWN: 404,
    rejects.FIELD_BAD: 422,
    rejects.TERMS_BAD: 422,
    rejects.PRICE_BAD: 422,
    rejects.PRICE_BAND: 422,
    rejects.QTY_BAD: 422,
    rejects.AMOUNT_BAD: 422,
    rejects.PARAMETER_BAD: 422,
    rejects.PARAMETER_PAST: 422,
    rejects.PARAMETER_UNKNOWN: 404,
    rejects.RATE_LIMITED: 429,
    rejects.DISK_FULL: 503,
}


def actor_name(actor: Actor) -> str:
    """Return how the journal names somebody: k7 for an API key, u12 for a person."""
    return f"k{actor.api_key_id}" if actor.api_key_id is not None else f"u{actor.user_id}"


def require(actor: Actor, right: Right) -> None:
    """Refuse an actor without the right."""
    if not actor.has(right):
        raise right_missing(right)


def tenant_of(actor: Actor) -> int:
    """Return the tenant the actor acts for; acting on accounts without one is refused like a foreign account."""
    if actor.tenant_id is None:
        raise not_found()
    return actor.tenant_id


def account_seen(actor: Actor, account_id: int) -> MoneyAccount:
    """Return an account the actor may see; a foreign one is answered like one that does not exist."""
    tenant_of(actor)
    account = MoneyAccount.objects.filter(id=account_id).first() if actor.can_see(account_id) else None
    if account is None:
        raise Refused(rejects.ACCOUNT_UNKNOWN, detail="There is no such account.", status=404)
    return account


def account_traded(actor: Actor, account_id: int, *, right: Right) -> None:
    """Refuse an account that the actor may not send orders for."""
    tenant_of(actor)
    if not actor.can_see(account_id) or account_id not in actor.own_account_ids:
        if actor.account_ids is not None and actor.can_see(account_id):
            raise right_missing(right)
        # Staff who see every account own none; whether this one exists is not told by sending orders for it.
        raise Refused(rejects.ACCOUNT_UNKNOWN, detail="There is no such account.", status=404)
    require(actor, right)


def command_send(command: Command, *, contract: Contract | None = None) -> Answer:
    """Have the core carry a command out; a refused one raises with the core's code and figures."""
    try:
        answer = client.call(command)
    except CoreUnavailable as problem:
        raise unavailable(problem) from problem
    except OverflowError as problem:
        # A number too large for any message: it was not sent, and no bound of the counter's is as wide.
        raise Refused(rejects.FIELD_BAD, status=422) from problem
    if isinstance(answer.event, CommandRefused):
        raise refusal(answer.event.code, answer.event.figures, contract=contract)
    return answer


def canceled_all(command: CancelAll) -> int:
    """Carry a cancel-all out and return its number; that nothing was working is no refusal: what was wanted is so."""
    try:
        answer = client.call(command)
    except CoreUnavailable as problem:
        raise unavailable(problem) from problem
    event = answer.event
    if isinstance(event, CommandRefused) and event.code != rejects.ORDER_UNKNOWN:
        raise refusal(event.code, event.figures)
    return answer.seq


def core_query(name: str, **args: Any) -> Any:
    """Ask the core; its being away is a refusal with a code, never a wait."""
    try:
        return client.query(name, **args)
    except CoreUnavailable as problem:
        raise unavailable(problem) from problem


def refusal(code: str, figures: Mapping[str, int], *, contract: Contract | None = None) -> Refused:
    """Return the refusal for an engine's code."""
    return Refused(code, figures_shape(code, figures, contract=contract), status=_STATUS_OF_CODE.get(code, 409))


def unavailable(problem: CoreUnavailable) -> Refused:
    """Return the refusal for a core that is away; nothing is queued to execute later."""
    return Refused(UNAVAILABLE, {"maybe_executed": problem.maybe_executed}, status=503)
