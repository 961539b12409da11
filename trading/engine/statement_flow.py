"""Statements in the engine: a broker's rules, the client's confirmation, and corrections of days that have ended.

The engine keeps no statement. It knows which one an account was given last, in which version, and whether the client
agreed; the statement itself is made from the journal.
"""

from __future__ import annotations

from typing import Final

from trading.engine import rejects
from trading.engine.bounds import CASH_FEN_MAX, NUMBER_MAX, RATE_PPM_MAX, name_ok, reason_ok, trading_day_ok
from trading.engine.commands import ConfirmStatement, CorrectStatement, SetTenantRules
from trading.engine.control_flow import two_people
from trading.engine.counter.accounts import Account
from trading.engine.events import Event
from trading.engine.refusing import refuse
from trading.engine.state import State
from trading.engine.statement_events import StatementConfirmed, StatementCorrected, TenantRulesChanged


class StatementFlow:
    """The three commands about statements."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state: Final = state

    def set_rules(self, command: SetTenantRules, events: list[Event]) -> None:
        """Set a broker's rules. What has to be confirmed begins with the statement of the day that runs.

        Switched off, nothing waits for a confirmation any more.
        """
        tenant_id = command.tenant_id
        code = two_people(command.maker, command.checker)
        if not code and not (
            0 < tenant_id <= NUMBER_MAX
            and 0 <= command.withdraw_ppm <= RATE_PPM_MAX
            and 0 <= command.reserve_fen <= CASH_FEN_MAX
        ):
            code = rejects.FIELD_BAD
        if code:
            refuse(events, tenant_id, 0, code)
            return
        tenant = self._state.tenant(tenant_id)
        if tenant.confirms and not command.confirms:
            for account in self._state.accounts.values():
                if account.tenant is tenant:
                    account.statement_day = account.statement_version = account.confirmed_version = 0
        tenant.confirms = command.confirms
        tenant.withdraw_ppm = command.withdraw_ppm
        tenant.reserve_fen = command.reserve_fen
        events.append(
            TenantRulesChanged(
                tenant_id, command.confirms, command.withdraw_ppm, command.reserve_fen, command.maker, command.checker
            )
        )

    def _account(self, account_id: int, tenant_id: int, events: list[Event]) -> Account | None:
        account = self._state.account_of(account_id, tenant_id)
        if account is None:
            refuse(events, tenant_id, account_id, rejects.ACCOUNT_UNKNOWN)
        return account

    def confirm(self, command: ConfirmStatement, events: list[Event]) -> None:
        """Take the client's agreement to the last statement; an older one, or an older version of it, is refused."""
        account = self._account(command.account_id, command.tenant_id, events)
        if account is None:
            return
        if not name_ok(command.actor):
            refuse(events, account.tenant_id, account.account_id, rejects.FIELD_BAD)
            return
        day, version = account.statement_day, account.statement_version
        if version == 0 or command.trading_day != day:
            refuse(events, account.tenant_id, account.account_id, rejects.STATEMENT_UNKNOWN, last_trading_day=day)
            return
        if command.version != version or account.confirmed_version == version:
            refuse(
                events, account.tenant_id, account.account_id, rejects.STATEMENT_VERSION,
                version=version, confirmed=account.confirmed_version,
            )  # fmt: skip
            return
        account.confirmed_version = version
        account.account_seq += 1
        events.append(
            StatementConfirmed(account.tenant_id, account.account_id, account.account_seq, day, version, command.actor)
        )

    def correct(self, command: CorrectStatement, events: list[Event]) -> None:
        """Book the balance of a correction on the current day; it may leave less than nothing: it is the truth."""
        account = self._account(command.account_id, command.tenant_id, events)
        if account is None:
            return
        code, figures = self._problem(command, account)
        if code:
            refuse(events, account.tenant_id, account.account_id, code, **figures)
            return
        day, amount = command.trading_day, command.amount_fen
        tenant = account.tenant
        tenant.references.add(command.reference)
        tenant.corrected_fen += amount
        account.cash_fen += amount
        account.corrected_fen += amount
        times = account.corrections.get(day, 0) + 1
        account.corrections[day] = times
        if day == account.statement_day:
            account.statement_version = times + 1
        account.account_seq += 1
        events.append(
            StatementCorrected(
                account.tenant_id,
                account.account_id,
                account.account_seq,
                day,
                times + 1,
                amount,
                command.reason,
                command.reference,
                command.maker,
                command.checker,
                account.funds(),
            )
        )

    def _problem(self, command: CorrectStatement, account: Account) -> tuple[str, dict[str, int]]:
        code = two_people(command.maker, command.checker)
        if code:
            return code, {}
        if not name_ok(command.reference) or not command.reason.strip() or not reason_ok(command.reason):
            return rejects.FIELD_BAD, {}
        if not trading_day_ok(command.trading_day) or command.trading_day >= self._state.trading_day:
            return rejects.STATEMENT_UNKNOWN, {"trading_day": self._state.trading_day}
        if command.reference in account.tenant.references:
            return rejects.REFERENCE_USED, {}
        amount = command.amount_fen
        if not 0 < abs(amount) <= CASH_FEN_MAX:
            return rejects.AMOUNT_BAD, {"lowest": -CASH_FEN_MAX, "highest": CASH_FEN_MAX}
        if not -CASH_FEN_MAX <= account.cash_fen + amount <= CASH_FEN_MAX:
            return rejects.AMOUNT_BAD, {"amount": amount, "highest": max(CASH_FEN_MAX - account.cash_fen, 0)}
        return "", {}
