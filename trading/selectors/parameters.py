"""What margins, fees and limits hold for somebody on a contract, and which rows are behind them or to come.

The rows come from the query tables, the rule from the counter itself: the same code says here what it will charge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accounts.tenancy.context import require_tenant_id
from trading.engine.counter.contracts import Contract as CounterContract
from trading.engine.counter.contracts import Tariff
from trading.engine.counter.parameter_book import ParameterBook
from trading.engine.instrument import Fees, Rates
from trading.engine.parameters import ParameterRow, Parameters
from trading.models import ClientParameters, ExchangeParameters, MoneyAccount, TenantParameters, TenantRates
from trading.selectors.instruments import trading_day_current
from trading.shapes.contracts import Contract

LEVELS = ("exchange", "broker", "account")


@dataclass(frozen=True, slots=True)
class InForce:
    """One contract for one account, or for all of a broker's accounts."""

    contract: Contract
    tariff: Tariff
    limit_ppm: int
    rows: list[ParameterRow]  # in force
    coming: list[ParameterRow]  # by day


def level_of(row: ParameterRow) -> str:
    """Who set a row."""
    return LEVELS[bool(row.tenant_id) + bool(row.account_id)]


def parameters_in_force(*, contracts: Sequence[Contract], account: MoneyAccount | None) -> list[InForce]:
    """Return what holds today for an account of the tenant in scope; without one, for an account without own rows."""
    tenant_id = require_tenant_id()
    account_id = account.id if account is not None else 0
    hedge = account is not None and account.hedge
    book = ParameterBook()
    for row in _rows(tenant_id, account_id):
        book.put(row)
    coming = [row for _, row in sorted(book.by_id.items())]
    day = trading_day_current()
    book.begin_day(day.trading_day if day is not None else 0)
    if account_id:
        book.special[account_id] = (tenant_id, hedge)
    rates = {row.instrument_id: _rates(row) for row in TenantRates.objects.all()}
    found = []
    for contract in contracts:
        spec = contract.instrument
        counter = CounterContract(spec, book)
        if spec.instrument_id in rates:
            counter.put_rates(tenant_id, rates[spec.instrument_id])
        about = [row for row in coming if row.instrument_id == spec.instrument_id or row.product == counter.product]
        about = [row for row in about if hedge or not row.hedge]
        begun = [row for row in about if row.row_id in book.by_id and row.effective_day <= book.day]
        later = sorted((row for row in about if row.effective_day > book.day), key=lambda row: row.effective_day)
        tariff = counter.tariff(-account_id if account_id else tenant_id)
        found.append(InForce(contract, tariff, counter.limit_ppm, begun, later))
    return found


def _rows(tenant_id: int, account_id: int) -> list[ParameterRow]:
    found = [_row(row, 0, 0) for row in ExchangeParameters.objects.filter(withdrawn_seq=None)]
    found += [_row(row, tenant_id, 0) for row in TenantParameters.objects.filter(withdrawn_seq=None)]
    if account_id:
        own = ClientParameters.objects.filter(withdrawn_seq=None, account_id=account_id)
        found += [_row(row, tenant_id, account_id) for row in own]
    return found


def _row(row: Any, tenant_id: int, account_id: int) -> ParameterRow:
    return ParameterRow(
        row.id,
        tenant_id,
        account_id,
        row.instrument_id,
        row.product,
        row.hedge,
        row.effective_day,
        Parameters(**{name: row.said[name] for name in Parameters.__struct_fields__ if name in row.said}),
        row.source,
        row.maker,
        row.checker,
    )


def _rates(row: TenantRates) -> Rates:
    fees = Fees(
        row.open_fee_fen,
        row.close_fee_fen,
        row.close_today_fee_fen,
        row.open_fee_ppm,
        row.close_fee_ppm,
        row.close_today_fee_ppm,
    )
    return Rates(row.long_margin_ppm, row.short_margin_ppm, fees)
