"""The commands that approved proposals about statements become."""

from __future__ import annotations

from trading.engine.commands import Command, CorrectStatement, SetTenantRules
from trading.models import Proposal


def correction_reference(proposal: Proposal) -> str:
    """Return the reference of a correction's posting: good once in the tenant, so approving twice books once."""
    return f"correction-{proposal.pk}"


def correct_command(tenant_id: int, proposal: Proposal, maker: str, checker: str) -> Command:
    """Return the command that puts an ended day right."""
    data = proposal.payload
    reference = correction_reference(proposal)
    return CorrectStatement(
        tenant_id, proposal.account_id or 0, data["trading_day"], data["amount_fen"], proposal.reason, reference, maker,
        checker,
    )  # fmt: skip


def set_rules_command(tenant_id: int, proposal: Proposal, maker: str, checker: str) -> Command:
    """Return the command that sets a broker's rules."""
    data = proposal.payload
    return SetTenantRules(tenant_id, bool(data["confirms"]), data["withdraw_ppm"], data["reserve_fen"], maker, checker)
