"""What a risk officer may do to one account: close-only, block, cancel all, release; journaled, with a reason."""

from __future__ import annotations

from dataclasses import dataclass

from accounts import audit
from accounts.auth.actor import Actor
from accounts.permissions import Right
from portal.lib.errors import Refused
from trading.choices import ACCOUNT_STATUS_WORDS
from trading.engine import types as t
from trading.engine.bounds import REASON_LEN_MAX
from trading.engine.commands import CancelAll, Command, SetAccountStatus
from trading.services.core_calls import account_seen, actor_name, canceled_all, command_send, require, tenant_of


@dataclass(frozen=True, slots=True)
class Intervention:
    """An intervention that took effect at a journal number."""

    account_id: int
    action: str
    seq: int


def account_close_only(*, actor: Actor, account_id: int, reason: str) -> Intervention:
    """From the number on no order opens a position; working orders stay."""
    return _status_set(actor, account_id, reason, status=t.CLOSE_ONLY, action="account.close_only")


def account_block(*, actor: Actor, account_id: int, reason: str) -> Intervention:
    """From the number on nothing is accepted; working orders are canceled."""
    return _status_set(actor, account_id, reason, status=t.BLOCKED, action="account.block", cancel_orders=True)


def account_release(*, actor: Actor, account_id: int, reason: str) -> Intervention:
    """Let the account trade again."""
    return _status_set(actor, account_id, reason, status=t.ACTIVE, action="account.release")


def account_cancel_all(*, actor: Actor, account_id: int, reason: str) -> Intervention:
    """Cancel every working order of the account."""
    text = _checked(actor, account_id, reason)
    command = CancelAll(tenant_of(actor), account_id, 0, text, actor_name(actor))
    return _carried_out(actor, command, account_id=account_id, action="account.cancel_all", reason=text)


def _status_set(
    actor: Actor, account_id: int, reason: str, *, status: int, action: str, cancel_orders: bool = False
) -> Intervention:
    text = _checked(actor, account_id, reason)
    command = SetAccountStatus(tenant_of(actor), account_id, status, cancel_orders, text, actor_name(actor))
    return _carried_out(
        actor, command, account_id=account_id, action=action, reason=text, after=ACCOUNT_STATUS_WORDS[status]
    )


def _checked(actor: Actor, account_id: int, reason: str) -> str:
    account_seen(actor, account_id)
    require(actor, Right.RISK_INTERVENE)
    text = reason.strip()
    if not text or len(text) > REASON_LEN_MAX or "\x00" in text:
        figures = {"length": len(text), "limit": REASON_LEN_MAX}
        raise Refused("invalid_field", figures, detail="Give a reason.", status=422, pointer="/reason")
    return text


def _carried_out(
    actor: Actor, command: Command, *, account_id: int, action: str, reason: str, after: str | None = None
) -> Intervention:
    seq = canceled_all(command) if isinstance(command, CancelAll) else command_send(command).seq
    audit.record(
        actor=actor,
        action=action,
        target=f"account {account_id}",
        after=None if after is None else {"status": after},
        journal_seq=seq,
        reason=reason,
    )
    return Intervention(account_id=account_id, action=action, seq=seq)
