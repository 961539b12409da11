"""The slow model's notice board: dated rows come and go, accounts take up hedging."""

from __future__ import annotations

from trading.engine.commands import PutParameters, SetHedge, WithdrawParameters
from trading.engine.parameter_events import HedgeSet, ParametersPut, ParametersWithdrawn
from trading.engine.parameters import ParameterRow, Parameters

from .reference_control import LARGEST, account_for, people
from .reference_orders import refuse
from .reference_rules import BILLION, day_ok, reason_ok
from .reference_state import MILLION, RefWorld


def value_ok(name: str, value: int, *, relative: bool) -> bool:
    """Margins from 0.1 % (added ones from nothing) to all, a lot up to 100 million yuan; fees as everywhere."""
    if name in ("long_margin_ppm", "short_margin_ppm"):
        return (0 if relative else 1_000) <= value <= MILLION
    if name in ("long_margin_fen", "short_margin_fen"):
        return 0 <= value <= 10 * BILLION
    if name == "larger_side":
        return value in (0, 1, 2)
    if name == "limit_ppm":
        return 1 <= value < MILLION
    if name == "max_order_qty":
        return 1 <= value <= 100_000
    if name == "max_position_qty":
        return 1 <= value <= BILLION
    return 0 <= value <= (MILLION if name.endswith("_ppm") else 100 * MILLION)


def fields_ok(fields: Parameters, *, tenant_id: int, hedge: bool) -> bool:
    """Whether a row may say this: the price limit is the exchange's, the same for all; nothing is added to itself."""
    said = {name: getattr(fields, name) for name in fields.__struct_fields__ if name != "margin_relative"}
    bounded = all(
        value_ok(name, value, relative=fields.margin_relative) for name, value in said.items() if value is not None
    )
    band_ok = fields.limit_ppm is None or (tenant_id == 0 and not hedge)
    return bounded and band_ok and (tenant_id > 0 or not fields.margin_relative)


def put_problem(world: RefWorld, command: PutParameters) -> str:
    """What is wrong with a new row."""
    tenant_id, number, product = command.tenant_id, command.instrument_id, command.product
    code = people(command.maker, command.checker)
    if code:
        return code
    one_aim = (number != 0 and product == "") or (number == 0 and product != "")
    client_of_nobody = tenant_id == 0 and command.account_id != 0
    told = command.source.strip() and reason_ok(command.source)
    if (
        not 0 <= tenant_id <= LARGEST
        or client_of_nobody
        or not one_aim
        or not day_ok(command.effective_day)
        or not told
    ):
        return "invalid_field"
    if command.account_id:
        account = world.accounts.get(command.account_id)
        if account is None or account.tenant_id != tenant_id:
            return "account_not_found"
    listed = [one.spec for one in world.contracts.values()]
    if not any(one.instrument_id == number or f"{one.venue}.{one.product}" == product for one in listed):
        return "instrument_not_found"
    if not fields_ok(command.fields, tenant_id=tenant_id, hedge=command.hedge):
        return "parameter_value"
    if command.effective_day <= world.trading_day:
        return "parameter_past"
    aim = (tenant_id, command.account_id, number, product, command.hedge)
    alike = [row for row in world.rows.rows if row.key() == aim]
    if any(row.effective_day == command.effective_day for row in alike):
        return "parameter_overlap"
    return "parameter_value" if sum(row.effective_day > world.trading_day for row in alike) >= 100 else ""


def put_parameters(world: RefWorld, command: PutParameters) -> None:
    """Announce a row."""
    code = put_problem(world, command)
    if code:
        refuse(world, command.tenant_id, command.account_id, code)
        return
    row = ParameterRow(
        world.rows.next_number, command.tenant_id, command.account_id, command.instrument_id, command.product,
        command.hedge, command.effective_day, command.fields, command.source, command.maker, command.checker,
    )  # fmt: skip
    world.rows.next_number += 1
    world.rows.put(row)
    world.events.append(ParametersPut(command.tenant_id, row))


def withdraw_parameters(world: RefWorld, command: WithdrawParameters) -> None:
    """Take a row back that has not begun."""
    code = people(command.maker, command.checker)
    if not code and not reason_ok(command.reason):
        code = "invalid_field"
    row = next((one for one in world.rows.rows if one.row_id == command.row_id), None)
    if row is not None and row.effective_day <= world.rows.day and not code and row.tenant_id == command.tenant_id:
        # One that another has taken the place of is not known any more, one in force is.
        latest = world.rows.latest(*row.key())
        code = "parameter_past" if latest is row else "parameter_not_found"
        refuse(world, command.tenant_id, row.account_id if latest is row else 0, code)
    elif code or row is None or row.tenant_id != command.tenant_id:
        refuse(world, command.tenant_id, 0, code or "parameter_not_found")
    else:
        world.rows.withdraw(row)
        world.events.append(ParametersWithdrawn(command.tenant_id, row, command.reason, command.maker, command.checker))


def set_hedge(world: RefWorld, command: SetHedge) -> None:
    """An account with nothing in it changes its purpose."""
    account = account_for(world, command.account_id, command.tenant_id)
    if account is None:
        return
    code = people(command.maker, command.checker)
    if not code and (any(account.lots.values()) or world.orders_of(account)):
        code = "hedge_not_flat"
    if code:
        refuse(world, account.tenant_id, account.number, code)
        return
    account.hedge = command.hedge
    account.seq += 1
    world.events.append(
        HedgeSet(account.tenant_id, account.number, account.seq, command.hedge, command.maker, command.checker)
    )
