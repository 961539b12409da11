"""Fills the demo's accounts the way a broker does: a maker proposes, a checker approves, the counter books."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Final

from django.db import transaction

from accounts.auth.actor import Actor
from accounts.choices import RoleName
from accounts.models import ApiKey, Client, Membership, Tenant
from accounts.services.api_keys import apikey_create
from accounts.services.grants import account_grant
from accounts.tenancy.context import Scope, tenant_scope
from portal.demo.cast import Account, Broker
from portal.demo.contracts import gold_contracts
from portal.demo.credentials import Credentials, Key
from portal.demo.people import MAKER, person
from portal.lib.errors import Failed
from trading.choices import AccountState, ProposalKind, ProposalState
from trading.models import MoneyAccount, Proposal
from trading.services.accounts import account_open_send
from trading.services.proposals import cash_propose, limits_propose, proposal_approve, rates_propose

OPEN_SECONDS_MAX: Final = 30.0
# What the broker asks above the exchange's own margin and fee.
MARGIN_ADDED_PPM: Final = 20_000
FEE_ADDED_FEN: Final = 500
FIRST_LIMITS: Final = {"max_order_qty": 50, "max_position_qty": 200, "max_orders_per_second": 50}


def accounts_await(tenant: Tenant) -> None:
    """Wait until the counter has opened every account, sending again what got lost."""
    deadline = time.monotonic() + OPEN_SECONDS_MAX
    while True:
        with tenant_scope(tenant_id=tenant.pk):
            pending = list(MoneyAccount.objects.filter(state=AccountState.PENDING).values_list("id", "group_id"))
        if not pending:
            return
        for account_id, group_id in pending:
            account_open_send(tenant_id=tenant.pk, account_id=account_id, group_id=group_id, who="system")
        if time.monotonic() > deadline:
            raise Failed(
                "accounts were not opened", cause=f"{len(pending)} still pending; see var/log/runfollowers.log"
            )
        time.sleep(0.3)


def account_numbers(tenant: Tenant, broker: Broker) -> Mapping[Account, int]:
    """Return the number of each account of the cast."""
    with tenant_scope(tenant_id=tenant.pk):
        numbers = dict(Client.objects.values_list("number", "id"))
        rows = MoneyAccount.objects.values_list("client_id", "name", "id")
        by_paper = {(client_id, name): account_id for client_id, name, account_id in rows}
    return {account: by_paper[numbers[account.client_number], account.title] for account in broker.accounts}


def deposits_make(tenant: Tenant, broker: Broker) -> int:
    """Deposit each account's first money; a reference that was used before is left alone."""
    maker, checker = _maker_and_checker(broker)
    made = 0
    for account, account_id in account_numbers(tenant, broker).items():
        reference = f"DEMO-{broker.code}-{account_id}"
        if _already(tenant, ProposalKind.CASH, payload__reference=reference):
            continue
        with _as(maker, tenant):
            proposal = cash_propose(
                actor=maker,
                account_id=account_id,
                kind="deposit",
                amount_fen=account.deposit_fen,
                reference=reference,
                reason="首笔入金",
            )
        _approve(checker, tenant, proposal)
        made += 1
    return made


def rates_make(tenant: Tenant, broker: Broker) -> None:
    """Put the broker's own margin and fees above the exchange's, by four eyes."""
    maker, checker = _maker_and_checker(broker)
    for contract in gold_contracts():
        if _already(tenant, ProposalKind.RATES, payload__symbol=contract.symbol):
            continue
        exchange = contract.rates
        with _as(maker, tenant):
            proposal = rates_propose(
                actor=maker,
                symbol=contract.symbol,
                long_margin_ppm=exchange.long_margin_ppm + MARGIN_ADDED_PPM,
                short_margin_ppm=exchange.short_margin_ppm + MARGIN_ADDED_PPM,
                fees={
                    "open_fen": exchange.fees.open_fen + FEE_ADDED_FEN,
                    "close_fen": exchange.fees.close_fen + FEE_ADDED_FEN,
                },
                reason="公司标准",
            )
        _approve(checker, tenant, proposal)


def limits_make(tenant: Tenant, broker: Broker) -> None:
    """Limit the natural persons' accounts, so that a refusal by limit can be seen without a fortune."""
    maker, checker = _maker_and_checker(broker)
    for account, account_id in account_numbers(tenant, broker).items():
        if account.username is None or _already(tenant, ProposalKind.LIMITS, account_id=account_id):
            continue
        with _as(maker, tenant):
            proposal = limits_propose(actor=maker, account_id=account_id, limits=FIRST_LIMITS, reason="新客户标准限额")
        _approve(checker, tenant, proposal)


def grants_make(tenant: Tenant, broker: Broker) -> None:
    """Give the officer who sees single accounts the first investor's, and the small one that two officers liquidate."""
    officer = next(p for p in broker.people if p.role == RoleName.RISK_OFFICER and p.reach == "granted")
    investors = [number for account, number in account_numbers(tenant, broker).items() if account.username]
    mine = [*investors[:2], investors[-1]]
    with tenant_scope(tenant_id=tenant.pk):
        user_id = Membership.objects.get(user__username=officer.username).user_id
        for account_id in mine:
            account_grant(actor=MAKER, user_id=user_id, account_id=account_id)


def keys_make(tenant: Tenant, broker: Broker, credentials: Credentials) -> None:
    """Make one key an account of the investors; secrets go to the credentials file before the commit."""
    for account, account_id in account_numbers(tenant, broker).items():
        if account.username is None:
            continue
        actor = person(account.username)
        with transaction.atomic(), tenant_scope(tenant_id=tenant.pk, user_id=actor.user_id):
            label = f"demo {account_id}"
            if ApiKey.objects.filter(user_id=actor.user_id, label=label).exists():
                continue
            scopes = ["read", "trade"]
            made = apikey_create(
                actor=actor, user_id=actor.user_id, label=label, scopes=scopes, account_ids=[account_id]
            )
            credentials.api_keys.append(Key(broker.code, account_id, made.key.public_id, made.secret, scopes))
            credentials.save()


def _maker_and_checker(broker: Broker) -> tuple[Actor, Actor]:
    by_role = {member.role: member.username for member in broker.people}
    return person(by_role[RoleName.BACK_OFFICE_MAKER]), person(by_role[RoleName.BACK_OFFICE_CHECKER])


def _approve(checker: Actor, tenant: Tenant, proposal: Proposal) -> None:
    with _as(checker, tenant):
        decided = proposal_approve(actor=checker, proposal_id=proposal.pk)
    if decided.state != ProposalState.APPLIED:
        raise Failed(f"the counter refused proposal {proposal.pk}", cause=str(decided.result))


def _already(tenant: Tenant, kind: str, **facts: object) -> bool:
    done = (ProposalState.PROPOSED, ProposalState.APPROVED, ProposalState.APPLIED)
    with tenant_scope(tenant_id=tenant.pk):
        return Proposal.objects.filter(kind=kind, state__in=done, **facts).exists()


def _as(actor: Actor, tenant: Tenant) -> AbstractContextManager[Scope]:
    return tenant_scope(tenant_id=tenant.pk, user_id=actor.user_id, account_ids=actor.account_ids)
