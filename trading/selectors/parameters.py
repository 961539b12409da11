"""What margins, fees and limits hold for somebody on a contract, and which rows are behind them or to come.

The rows come from the query tables, the rule from the counter itself: the same code says here what it will charge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.tenancy.context import require_tenant_id
from trading.engine.counter.contracts import Contract as CounterContract
from trading.engine.counter.contracts import Tariff
from trading.engine.counter.parameter_book import ParameterBook
from trading.engine.instrument import Fees, Rates
from trading.engine.parameters import ParameterRow, Parameters
from trading.models import (
    ClientParameters,
    ContractRules,
    ExchangeParameters,
    MoneyAccount,
    TenantParameters,
    TenantRates,
)
from trading.selectors.instruments import contract_rules, trading_day_current
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
    book, coming = _book(_rows(tenant_id, account_id))
    rules = contract_rules([contract.instrument.instrument_id for contract in contracts])
    if account_id:
        book.special[account_id] = (tenant_id, hedge)
    rates = {row.instrument_id: _rates(row) for row in TenantRates.objects.all()}
    found = []
    for contract in contracts:
        spec = contract.instrument
        counter = CounterContract(spec, book)
        if spec.instrument_id in rates:
            counter.put_rates(tenant_id, rates[spec.instrument_id])
        ruled = rules.get(spec.instrument_id)
        if ruled is not None:
            counter.position_limit = ruled.position_limit
            counter.put_floor(ruled.margin_floor_ppm)
        about = [row for row in coming if row.instrument_id == spec.instrument_id or row.product == counter.product]
        about = [row for row in about if hedge or not row.hedge]
        begun = [row for row in about if row.row_id in book.by_id and row.effective_day <= book.day]
        later = sorted((row for row in about if row.effective_day > book.day), key=lambda row: row.effective_day)
        tariff = counter.tariff(-account_id if account_id else tenant_id)
        found.append(InForce(contract, tariff, _limit(counter, ruled), begun, later))
    return found


def limits_in_force(contracts: Iterable[Contract]) -> dict[int, int]:
    """Return each contract's price limit: the widest of its own, of the exchange's dated rows and of the ladder."""
    book, _coming = _book(_exchange_rows())
    specs = [contract.instrument for contract in contracts]
    rules = contract_rules([spec.instrument_id for spec in specs])
    return {spec.instrument_id: _limit(CounterContract(spec, book), rules.get(spec.instrument_id)) for spec in specs}


def _limit(counter: CounterContract, rules: ContractRules | None) -> int:
    # The row of the rules tells the widest of all, as of the last time that they moved the contract.
    return max(counter.limit_ppm, rules.limit_ppm if rules is not None and rules.ladder_step else 0)


def _book(rows: Iterable[ParameterRow]) -> tuple[ParameterBook, list[ParameterRow]]:
    """The rows on the current trading day, and all of them by number."""
    book = ParameterBook()
    for row in rows:
        book.put(row)
    known = [row for _, row in sorted(book.by_id.items())]
    day = trading_day_current()
    book.begin_day(day.trading_day if day is not None else 0)
    return book, known


def _exchange_rows() -> list[ParameterRow]:
    return [_row(row, 0, 0) for row in ExchangeParameters.objects.filter(withdrawn_seq=None)]


def _rows(tenant_id: int, account_id: int) -> list[ParameterRow]:
    found = _exchange_rows()
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
