"""The independent slow model: give it the journal's commands, it says what must have happened.

It is compared event by event: every field of every event, except for the explaining figures of refusals. So it covers
acceptance and refusal (by code), fills with price, lots, both orders and their order, states of orders, cash, margin,
frozen money and lots, fees, positions of today and yesterday, profit by date and by trade, all order types and terms,
forced liquidations, phases and the call auction, dated rows with the larger side and fees for messages, self-trade
rules, both roads of the day's end, kill switches and limits.

Not modelled, and so proven by the engine's own invariants and by the journal only: figures of refusals; the answer to
a repeated client order id (never journaled: `clients` proves it); previews, depth beyond the book itself, and the other
queries. Neither modelled nor generated: a full disk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from trading.engine import commands as c
from trading.engine.events import Event

from . import reference_announce as announce
from . import reference_control as control
from . import reference_days as days
from . import reference_ladders as ladders
from . import reference_liquidation as liquidation
from . import reference_orders as orders
from . import reference_statements as statements
from .reference_follow import settle
from .reference_orders import refuse
from .reference_state import RefWorld

ACTS: Final[dict[type[Any], Callable[[RefWorld, Any], None]]] = {
    c.PlaceOrder: orders.place,
    c.CancelOrder: orders.cancel,
    c.ReplaceOrder: orders.replace,
    c.CancelAll: orders.cancel_all,
    c.SetCancelAfter: orders.set_cancel_after,
    c.CancelOverdue: orders.cancel_overdue,
    c.SetSelfTrade: control.set_self_trade,
    c.OpenAccount: control.open_account,
    c.MoveCash: control.move_cash,
    c.SetAccountStatus: control.set_status,
    c.SetAccountLimits: control.set_limits,
    c.SetTenantRates: control.set_rates,
    c.PutInstrument: control.put_instrument,
    c.SetKill: control.set_kill,
    c.RollDay: days.roll,
    c.SetPhase: days.set_phase,
    c.BeginSettlement: days.begin_settlement,
    c.SettleAccounts: days.settle_accounts,
    c.EndSettlement: days.end_settlement,
    c.OpenLiquidation: liquidation.open_liquidation,
    c.StepLiquidation: liquidation.step_liquidation,
    c.StopLiquidation: liquidation.stop_liquidation,
    c.SetTenantRules: statements.set_rules,
    c.ConfirmStatement: statements.confirm,
    c.CorrectStatement: statements.correct,
    c.PutParameters: announce.put_parameters,
    c.WithdrawParameters: announce.withdraw_parameters,
    c.SetHedge: announce.set_hedge,
    c.PutLimitLadder: ladders.put_ladder,
    c.WatchClose: ladders.watch_close,
    c.PutDelivery: ladders.put_delivery,
    c.SetHolderKind: ladders.set_holder_kind,
}
NOT_WHILE_SETTLING: Final = (
    c.BeginSettlement, c.CorrectStatement, c.MoveCash, c.OpenAccount, c.OpenLiquidation, c.PutDelivery,
    c.PutInstrument, c.PutLimitLadder, c.PutParameters, c.RollDay, c.SetHedge, c.SetPhase, c.SetTenantRates,
    c.SetTenantRules, c.StepLiquidation, c.StopLiquidation, c.WithdrawParameters,
)  # fmt: skip


class Reference(RefWorld):
    """The slow model."""

    def __init__(self) -> None:
        super().__init__()
        self.at_day_end.append(lambda: liquidation.carry(self))

    def apply(self, command: Any, at_ns: int) -> list[Event]:
        """Say what a command brings about."""
        self.events, self.at_ns = [], at_ns
        if self.settling is not None and isinstance(command, NOT_WHILE_SETTLING):
            refuse(self, command.tenant_id, 0, "settlement_running")
        else:
            ACTS[type(command)](self, command)
            settle(self)
            liquidation.review(self)
            ladders.look(self)
        self.seq += 1
        return self.events
