"""The slow model's statements: a broker's rules, the client's confirmation, corrections of ended days."""

from __future__ import annotations

from trading.engine.commands import ConfirmStatement, CorrectStatement, SetTenantRules
from trading.engine.statement_events import StatementConfirmed, StatementCorrected, TenantRulesChanged

from .reference_control import LARGEST, account_for, people
from .reference_orders import refuse
from .reference_rules import day_ok, name_ok, reason_ok
from .reference_state import MILLION, RefAccount, RefWorld

MOST_FEN = 10**15


def set_rules(world: RefWorld, command: SetTenantRules) -> None:
    """What a broker wants; without confirmations nothing waits for one."""
    bounded = (
        1 <= command.tenant_id <= LARGEST
        and 0 <= command.withdraw_ppm <= MILLION
        and 0 <= command.reserve_fen <= MOST_FEN
    )
    code = people(command.maker, command.checker) or ("" if bounded else "invalid_field")
    if code:
        refuse(world, command.tenant_id, 0, code)
        return
    rules = world.rules_of(command.tenant_id)
    rules.confirms, rules.withdraw_ppm = command.confirms, command.withdraw_ppm
    rules.reserve_fen = command.reserve_fen
    if not command.confirms:
        for account in world.accounts.values():
            if account.tenant_id == command.tenant_id:
                account.statements.clear()
    world.events.append(
        TenantRulesChanged(
            command.tenant_id, command.confirms, command.withdraw_ppm, command.reserve_fen, command.maker,
            command.checker,
        )
    )  # fmt: skip


def confirm(world: RefWorld, command: ConfirmStatement) -> None:
    """The client agrees to the last statement in its last version, once."""
    account = account_for(world, command.account_id, command.tenant_id)
    if account is None:
        return
    code = confirmation_problem(account, command)
    if code:
        refuse(world, account.tenant_id, account.number, code)
        return
    account.statements[-1].agreed.append(command.version)
    account.seq += 1
    world.events.append(
        StatementConfirmed(
            account.tenant_id, account.number, account.seq, command.trading_day, command.version, command.actor
        )
    )


def confirmation_problem(account: RefAccount, command: ConfirmStatement) -> str:
    """What is wrong with a confirmation."""
    if not name_ok(command.actor):
        return "invalid_field"
    if not account.statements or account.statements[-1].day != command.trading_day:
        return "statement_not_found"
    last = account.statements[-1]
    newest = 1 + account.times_corrected(last.day)
    return "" if command.version == newest and newest not in last.agreed else "statement_version"


def correct(world: RefWorld, command: CorrectStatement) -> None:
    """Book the balance on the current day."""
    account = account_for(world, command.account_id, command.tenant_id)
    if account is None:
        return
    code = correction_problem(world, account, command)
    if code:
        refuse(world, account.tenant_id, account.number, code)
        return
    world.references.add((account.tenant_id, command.reference))
    account.postings.append(("correction", world.day_number, command.amount_fen))
    account.corrected.append(command.trading_day)
    account.seq += 1
    world.events.append(
        StatementCorrected(
            account.tenant_id, account.number, account.seq, command.trading_day,
            1 + account.times_corrected(command.trading_day), command.amount_fen, command.reason, command.reference,
            command.maker, command.checker, world.funds(account),
        )
    )  # fmt: skip


def correction_problem(world: RefWorld, account: RefAccount, command: CorrectStatement) -> str:
    """What is wrong with a correction."""
    code = people(command.maker, command.checker)
    if code:
        return code
    if not name_ok(command.reference) or not reason_ok(command.reason) or command.reason.strip() == "":
        return "invalid_field"
    if not day_ok(command.trading_day) or not command.trading_day < world.trading_day:
        return "statement_not_found"
    if (account.tenant_id, command.reference) in world.references:
        return "reference_used"
    after = account.cash() + command.amount_fen
    sane = command.amount_fen != 0 and -MOST_FEN <= command.amount_fen <= MOST_FEN and -MOST_FEN <= after <= MOST_FEN
    return "" if sane else "amount"
