"""Reads of forced liquidation: lines in force, proposals, liquidations with their progress, a client's notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Sum

from accounts.auth.actor import Actor
from riskdesk.choices import LinesState, PlanState
from riskdesk.liquidation.ladder import FIRST_LINES, Lines
from riskdesk.liquidation.planning import Bucket, plan_of
from riskdesk.models import LiquidationProposal, RiskLines, RiskNotice
from trading.choices import FORCE_REASON_WORDS, LIQUIDATION_OUTCOME_WORDS, MARGIN_BASIS_WORDS
from trading.engine.types import BASIS_EXCHANGE
from trading.engine.views import AccountView, risk_ppm
from trading.models import Liquidation, LiquidationStep, Order
from trading.selectors.contracts import contracts
from trading.services.core_calls import core_query, tenant_of
from trading.shapes.liquidations import figures_shape, rows_shape
from trading.shapes.numbers import money, ratio

RECENT = 50


@dataclass(frozen=True, slots=True)
class BuiltPlan:
    """A plan with the figures it was built on, as of a journal number."""

    view: AccountView
    lines: Lines
    seq: int
    margin_fen: int
    degree_ppm: int
    buckets: list[Bucket]

    @property
    def rows(self) -> list[list[int]]:
        """Contract, direction, offset, lots, lots needed."""
        return [[one.instrument_id, one.side, one.offset, one.qty, one.needed] for one in self.buckets]


def lines_in_force(basis: int) -> Lines:
    """The broker's lines of a basis; the first ones while it has set none."""
    row = RiskLines.objects.filter(basis=basis, state=LinesState.IN_FORCE).first()
    if row is None:
        return next(lines for lines in FIRST_LINES if lines.basis == basis)
    return Lines(
        basis, row.warn_ppm, row.call_ppm, row.close_only_ppm, row.liquidate_ppm, row.target_ppm, row.automatic,
        row.pay_by_min,
    )  # fmt: skip


def plan_built(*, actor: Actor, account_id: int, basis: int) -> BuiltPlan:
    """Build the plan of an account from the core's own figures of this moment."""
    view = core_query("account", tenant_id=tenant_of(actor), account_id=account_id)
    seq = int(core_query("status")["seq"])
    specs = {row[0].instrument_id: row[0] for row in core_query("instruments")}
    stats = {item.instrument_id: item for item in core_query("stats", instrument_id=0)}
    lines = lines_in_force(basis)
    buckets = plan_of(view, basis=basis, target_ppm=lines.target_ppm, specs=specs, stats=stats)
    margin = view.exchange_margin_fen if basis == BASIS_EXCHANGE else view.funds.margin_fen
    return BuiltPlan(view, lines, seq, margin, risk_ppm(margin, view.equity_fen), buckets)


def plan_shape(plan: BuiltPlan) -> dict[str, Any]:
    """A built plan in the API's forms."""
    rows = rows_shape(plan.rows, contracts())
    for row, bucket in zip(rows, plan.buckets, strict=True):
        row.pop("closed")
        row |= {"needed": bucket.needed, "loss_per_lot": money(bucket.loss_fen), "day_volume": bucket.day_volume}
    return {
        "account": plan.view.account_id,
        "basis": MARGIN_BASIS_WORDS[plan.lines.basis],
        "trigger_seq": plan.seq,
        "target": ratio(plan.lines.target_ppm),
        "lines": [ratio(ppm) for ppm in plan.lines.as_list()],
        **figures_shape(plan.view.equity_fen, plan.margin_fen, plan.degree_ppm),
        "rows": rows,
    }


def visible(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    """Rows of the accounts that the actor may see."""
    return rows if actor.account_ids is None else rows.filter(account_id__in=actor.account_ids)


def proposals_waiting(*, actor: Actor) -> list[dict[str, Any]]:
    """Proposals that wait for a second officer, oldest first."""
    rows = LiquidationProposal.objects.select_related("maker").filter(state=PlanState.PROPOSED).order_by("id")
    return [proposal_row(row) for row in visible(rows, actor)[:RECENT]]


def proposal_row(row: LiquidationProposal) -> dict[str, Any]:
    """A proposal as API and page show it."""
    rows = rows_shape(row.rows, contracts())
    for shaped, raw in zip(rows, row.rows, strict=True):
        shaped.pop("closed")
        shaped["needed"] = raw[4]
    return {
        "id": row.pk,
        "account": row.account_id,
        "reason": FORCE_REASON_WORDS[row.reason],
        "reason_label": row.get_reason_display(),
        "basis": MARGIN_BASIS_WORDS[row.basis],
        "basis_label": row.get_basis_display(),
        "target": ratio(row.target_ppm),
        **figures_shape(row.equity_fen, row.margin_fen, row.degree_ppm),
        "rows": rows,
        "note": row.note,
        "state": row.state,
        "maker": (row.maker.get_full_name() or row.maker.get_username()) if row.maker is not None else None,
        "maker_id": row.maker_id,
        "notice": row.notice_id,
        "number": row.number,
        "journal_seq": row.journal_seq,
    }


def liquidations_shown(*, actor: Actor, open_only: bool = False) -> list[dict[str, Any]]:
    """Liquidations with their progress: open ones first, then the newest."""
    rows = visible(Liquidation.objects.all(), actor)
    if open_only:
        rows = rows.filter(outcome__isnull=True)
    found = list(rows.order_by("-ended_seq", "-number")[:RECENT])  # NULLs come first: the open ones
    return [liquidation_row(row) for row in found]


def liquidation_row(row: Liquidation) -> dict[str, Any]:
    """A liquidation as API and page show it; lots closed are counted from the orders of its steps."""
    steps = LiquidationStep.objects.filter(account_id=row.account_id, number=row.number)
    ids = list(steps.values_list("order_id", flat=True))
    filled = Order.objects.filter(account_id=row.account_id, id__in=ids).aggregate(all=Sum("filled_qty"))["all"] or 0
    return {
        "number": row.number,
        "account": row.account_id,
        "reason": FORCE_REASON_WORDS[row.reason],
        "reason_label": row.get_reason_display(),
        "basis": MARGIN_BASIS_WORDS[row.basis],
        "basis_label": row.get_basis_display(),
        "target": ratio(row.target_ppm) if row.target_ppm else None,
        **figures_shape(row.equity_fen, row.margin_fen, row.degree_ppm),
        "rows": rows_shape(row.rows, contracts()),
        "lots": sum(one[3] for one in row.rows),
        "closed": int(filled),
        "steps": len(ids),
        "maker": row.maker,
        "checker": row.checker,
        "opened_seq": row.opened_seq,
        "outcome": None if row.outcome is None else LIQUIDATION_OUTCOME_WORDS[row.outcome],
        "outcome_label": None if row.outcome is None else row.get_outcome_display(),
        "end_reason": row.end_reason,
        "ended_seq": row.ended_seq,
    }


def notices_of(*, actor: Actor, account_id: int | None = None) -> QuerySet[RiskNotice]:
    """Notices of the accounts that the actor may see, newest first."""
    rows = visible(RiskNotice.objects.all(), actor)
    return (rows if account_id is None else rows.filter(account_id=account_id)).order_by("-id")


def notice_row(row: RiskNotice) -> dict[str, Any]:
    """A notice as API and page show it."""
    return {
        "id": row.pk,
        "account": row.account_id,
        "kind": {1: "warn", 2: "margin_call", 3: "close_only", 4: "liquidate"}[row.kind],
        "kind_label": row.get_kind_display(),
        "level": row.kind,
        "basis": MARGIN_BASIS_WORDS[row.basis],
        "basis_label": row.get_basis_display(),
        "line": ratio(row.line_ppm),
        **figures_shape(row.equity_fen, row.margin_fen, row.degree_ppm),
        "short": money(row.short_fen),
        "state": row.state.value,
        "state_label": row.state.label,
        "sent_at": row.sent_at.isoformat(),
        "delivered_at": row.delivered_at.isoformat() if row.delivered_at else None,
        "read_at": row.read_at.isoformat() if row.read_at else None,
        "confirmed_at": row.confirmed_at.isoformat() if row.confirmed_at else None,
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        **deadline_shape(row),
    }


def deadline_shape(row: RiskNotice) -> dict[str, Any]:
    """The deadline of a margin call, in venue time; all null where there is none."""
    state = row.deadline
    return {
        "due_at": row.due_at.isoformat() if row.due_at else None,
        "pay": money(row.pay_fen) if row.due_at else None,
        "deadline": None if state is None else state.value,
        "deadline_label": None if state is None else state.label,
        "met_at": row.met_at.isoformat() if row.met_at else None,
        "missed_at": row.missed_at.isoformat() if row.missed_at else None,
    }
