"""A dated row on its way to the counter: what was asked, checked as the counter will check it, and the command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from portal.lib.errors import Refused
from trading.engine import rejects
from trading.engine.bounds import reason_ok, trading_day_ok
from trading.engine.commands import PutParameters, WithdrawParameters
from trading.engine.parameter_flow import fields_problem
from trading.engine.parameters import Parameters
from trading.models import ClientParameters, ExchangeParameters, TenantParameters
from trading.selectors.contracts import contract_of, contracts
from trading.selectors.instruments import trading_day_current
from trading.services.core_calls import refusal

FIELD_NAMES: Final = Parameters.__struct_fields__
AnyRow = ExchangeParameters | TenantParameters | ClientParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A row as somebody asks for it. `aim`: a contract's symbol or a product ("SHFE.au"). `said`: fields by name."""

    aim: str
    effective_day: int  # YYYYMMDD
    source: str
    said: Mapping[str, Any] = field(default_factory=dict)
    hedge: bool = False


def payload_of(wanted: Wanted, *, tenant_id: int, account_id: int) -> dict[str, Any]:
    """Return what a proposal keeps; refuse what the counter would refuse already now."""
    number, product, symbol = _aim(wanted.aim)
    unknown = sorted(set(wanted.said) - set(FIELD_NAMES))
    if unknown:
        raise Refused(rejects.FIELD_BAD, {"fields": unknown}, detail=_("There is no such parameter."), status=422)
    source = wanted.source.strip()
    if not source or not reason_ok(source):
        raise Refused(rejects.FIELD_BAD, detail=_("Name the notice behind it."), status=422, pointer="/source")
    said = {name: value for name, value in wanted.said.items() if value is not None and value is not False}
    code, figures = fields_problem(Parameters(**said), tenant_id=tenant_id, hedge=wanted.hedge)
    if code:
        raise refusal(code, figures)
    day = wanted.effective_day
    begun = trading_day_current()
    if not trading_day_ok(day) or (begun is not None and day <= begun.trading_day):
        raise refusal(rejects.PARAMETER_PAST, {"effective_day": day, "trading_day": begun.trading_day if begun else 0})
    payload = {
        "aim": symbol or product,
        "instrument_id": number,
        "product": product,
        "hedge": wanted.hedge,
        "effective_day": day,
        "said": said,
        "source": source,
    }
    other = same_place(payload, tenant_id=tenant_id, account_id=account_id)
    if other is not None:
        raise refusal(rejects.PARAMETER_OVERLAP, {"effective_day": day, "row": other.id})
    return payload


def _aim(text: str) -> tuple[int, str, str]:
    """Return (contract, "", its symbol) or (0, product, "")."""
    products = {f"{one.instrument.venue}.{one.instrument.product}" for one in contracts()}
    if text in products:
        return 0, text, ""
    contract = contract_of(text)
    if contract is None:
        raise Refused(rejects.INSTRUMENT_UNKNOWN, {"aim": text}, status=422, pointer="/aim")
    return contract.instrument.instrument_id, "", contract.symbol


def rows_of(*, tenant_id: int, account_id: int) -> Any:
    """Return the rows of one level: the exchange's, the tenant's in scope, one account's; withdrawn ones left out."""
    if not tenant_id:
        return ExchangeParameters.objects.filter(withdrawn_seq=None)
    if not account_id:
        return TenantParameters.objects.filter(withdrawn_seq=None)
    return ClientParameters.objects.filter(withdrawn_seq=None, account_id=account_id)


def same_place(payload: Mapping[str, Any], *, tenant_id: int, account_id: int) -> AnyRow | None:
    """Return the row that stands already where a proposed one would."""
    names = ("instrument_id", "product", "hedge", "effective_day")
    found: AnyRow | None = (
        rows_of(tenant_id=tenant_id, account_id=account_id).filter(**{name: payload[name] for name in names}).first()
    )
    return found


def row_withdrawable(row: AnyRow) -> None:
    """Refuse to take back what has begun, or was taken back."""
    begun = trading_day_current()
    if row.withdrawn_seq is not None:
        raise refusal(rejects.PARAMETER_UNKNOWN, {})
    if begun is not None and row.effective_day <= begun.trading_day:
        raise refusal(rejects.PARAMETER_PAST, {"effective_day": row.effective_day, "trading_day": begun.trading_day})


def put_command(
    payload: Mapping[str, Any], *, tenant_id: int, account_id: int, maker: str, checker: str
) -> PutParameters:
    """Return the command that takes a row in."""
    return PutParameters(
        tenant_id,
        account_id,
        payload["instrument_id"],
        payload["product"],
        payload["hedge"],
        payload["effective_day"],
        Parameters(**payload["said"]),
        payload["source"],
        maker,
        checker,
    )


def withdraw_command(
    payload: Mapping[str, Any], *, tenant_id: int, reason: str, maker: str, checker: str
) -> WithdrawParameters:
    """Return the command that takes a row back."""
    return WithdrawParameters(tenant_id, payload["row"], reason, maker, checker)


def put_before(payload: Mapping[str, Any], *, tenant_id: int, account_id: int, maker: str) -> int | None:
    """Return the number at which this very row was taken in, when its approval was lost after the counter acted."""
    row = same_place(payload, tenant_id=tenant_id, account_id=account_id)
    if row is None or (row.said, row.source, row.maker) != (payload["said"], payload["source"], maker):
        return None
    return int(row.seq)
