"""What the crossing test can not find out by itself. Every app extends these tables; a gap fails the build.

Rows of every tenant table are made from the database's catalogue: texts are canaries, numbers of B are odd and
unique, foreign keys point to the same house's rows. Only a column with a rule of its own (a CHECK, a composite
sum, a shape of text) needs a line in `VALUES`. A path parameter needs a line in `PARAMETERS`, a websocket route a
line in `SOCKETS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from tests.crossing.world import HouseRows

Value = Callable[["HouseRows"], Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path parameter: its value for a house's own thing, and one that belongs to nobody."""

    of: Value
    random: Any
    tenant_bound: bool = True


def column(table: str, name: str = "id") -> Value:
    """Return the value of a column of the house's row in a table."""
    return lambda house: house.row(table)[name]


def shared(value: Any) -> Parameter:
    """A parameter that names nothing of a tenant (a symbol, a language)."""
    return Parameter(of=lambda _house: value, random=value, tenant_bound=False)


def amount(number: int) -> Value:
    """Return an amount that belongs to one house only: odd in B, even in A, long enough to be found in a page."""
    return lambda house: 761_000_000_000 + 2 * number + (1 if house.house.letter == "B" else 0)


def fixed(value: Any) -> Value:
    """Return the same value in both houses."""
    return lambda _house: value


STATEMENT_DAY = 20261120


def _statement_body(house: HouseRows) -> bytes:
    """A statement of a house that held nothing: its names are canaries, its figures the house's own."""
    from trading.statements import model as m

    canary = f"CNRY-{house.house.letter}-statement"
    fen = amount(5)(house)
    side = m.Summary(fen, 0, 0, 0, 0, 0, 0, fen, fen)
    paper = m.Paper(canary, canary, canary, canary)
    return m.canonical(
        m.Statement(
            m.FORM, 1, STATEMENT_DAY, STATEMENT_DAY, m.CURRENCY, house.house.tenant.pk, house.house.account_ids[0], 1,
            1, paper, side, side, m.Funds(0, 0, 0, fen, 0, 0), [], [], [], [], [], [],
        )
    )  # fmt: skip


NOBODY = 1_987_654_321
"""An id that belongs to nobody, of a size that every serializer takes."""

VALUES: dict[str, Value] = {
    # accounts
    "accounts_apikey.scopes": fixed(["read"]),
    "accounts_apikey.allowed_networks": fixed([]),
    "accounts_apikey.cancel_on_disconnect_s": fixed(None),
    "accounts_apikey.revoked_at": fixed(None),
    "accounts_apikey.expires_at": fixed(None),
    "accounts_apikey.secret_sha256": fixed("f" * 64),
    "accounts_auditentry.number": fixed(900_001),
    "accounts_accountgrant.permission_id": lambda house: house.permission_id,
    "accounts_accountgroupgrant.permission_id": lambda house: house.permission_id,
    "accounts_accountgroupgrant.group_id": lambda house: house.group_id,
    "accounts_accountholder.account_id": lambda house: house.house.account_ids[0] + 1_000_000,
    "accounts_operatorentry.left_at": lambda house: house.now,
    # A role its holder does not have yet, so that the generated row meets no other one of the house.
    "accounts_loginattempt.unlocked_at": fixed(None),
    "accounts_membership.user_id": lambda house: house.house.people["network_admin"].pk,
    "accounts_membership.role": fixed("server_admin"),
    "accounts_membership.status": fixed("active"),
    # trading
    "trading_account.id": lambda house: house.house.account_ids[0],
    "trading_account.state": fixed(1),
    "trading_account_day.balance_fen": amount(1),
    "trading_account_day.pre_balance_fen": amount(1),
    **{
        f"trading_account_day.{name}": fixed(0)
        for name in ("deposit_fen", "withdraw_fen", "correction_fen", "close_profit_fen", "mark_fen", "fee_fen")
    },
    "trading_balance.cash_fen": amount(2),
    "trading_balance.pre_balance_fen": amount(2),
    **{
        f"trading_balance.{name}": fixed(0)
        for name in ("deposit_fen", "withdraw_fen", "correction_fen", "close_profit_fen", "fee_fen")
    },
    "trading_instrument.symbol": fixed("SHFE.au2612"),
    **{
        f"{table}.instrument_id": lambda house: house.shared_row("trading_instrument")["id"]
        for table in (
            "trading_order",
            "trading_fill",
            "trading_position",
            "trading_rates",
            "trading_parameter_tenant",
            "trading_parameter_client",
        )
    },
    "trading_order.client_order_id": lambda house: f"CNRY-{house.house.letter}-order",
    "trading_order.status": fixed(4),
    **{f"trading_order.{name}": fixed(0) for name in ("canceled_qty", "filled_qty", "leaves_qty")},
    "trading_fill.offset": fixed(0),
    **{f"trading_fill.{name}": fixed(0) for name in ("closed_today", "closed_yesterday")},
    **{f"trading_position.{name}": fixed(0) for name in ("frozen_today", "frozen_yesterday")},
    **{
        f"trading_parameter_{circle}.{name}": fixed(value)
        for circle in ("exchange", "tenant", "client")
        for name, value in (("effective_day", 2_000_000_000), ("withdrawn_seq", None), ("product", ""))
    },
    **{
        f"trading_parameter_{circle}.said": lambda house: Jsonb({"open_fen": amount(4)(house)})
        for circle in ("tenant", "client")
    },
    "trading_parameter_exchange.said": fixed(Jsonb({"open_fen": 1})),
    "trading_operator_proposal.checker_id": fixed(None),
    "trading_operator_proposal.state": fixed("proposed"),
    "trading_operator_proposal.payload": fixed(Jsonb({"row": 1})),
    "trading_operator_proposal.kind": fixed("parameters-back"),
    "trading_proposal.checker_id": fixed(None),
    "trading_proposal.payload": lambda house: Jsonb(
        {
            "kind": "deposit",
            "amount_fen": amount(3)(house),
            "reference": f"CNRY-{house.house.letter}-reference",
        }
    ),
    "trading_proposal.state": fixed("proposed"),
    # risk desk
    "riskdesk_lines.state": fixed("proposed"),
    "riskdesk_lines.checker_id": fixed(None),
    "riskdesk_lines.basis": fixed(1),
    "riskdesk_lines.pay_by_min": fixed(540),
    **{
        f"riskdesk_lines.{name}": fixed(number)
        for name, number in (
            ("warn_ppm", 700_000),
            ("call_ppm", 800_000),
            ("close_only_ppm", 900_000),
            ("liquidate_ppm", 1_000_000),
            ("target_ppm", 700_000),
        )
    },
    "riskdesk_liquidation_proposal.state": fixed("proposed"),
    "riskdesk_liquidation_proposal.checker_id": fixed(None),
    "riskdesk_liquidation_proposal.notice_id": fixed(None),
    "riskdesk_liquidation_proposal.reason": fixed(1),
    "riskdesk_liquidation_proposal.basis": fixed(1),
    "riskdesk_liquidation_proposal.rows": fixed(Jsonb([])),
    "riskdesk_liquidation_proposal.lines_ppm": lambda house: Jsonb([amount(number)(house) for number in range(1, 5)]),
    "riskdesk_notice.kind": fixed(2),
    "riskdesk_notice.basis": fixed(1),
    "riskdesk_notice.confirmed_at": fixed(None),
    "riskdesk_notice.met_at": fixed(None),
    "riskdesk_notice.missed_at": fixed(None),
    "trading_liquidation.reason": fixed(1),
    "trading_liquidation.basis": fixed(1),
    "trading_liquidation.rows": fixed(Jsonb([])),
    "trading_liquidation.outcome": fixed(1),
    "trading_statement.trading_day": fixed(STATEMENT_DAY),
    "trading_statement.version": fixed(1),
    "trading_statement.body": _statement_body,
    "trading_tenant_rules.confirms": fixed(False),
    "trading_tenant_rules.withdraw_ppm": fixed(1_000_000),
    "trading_tenant_rules.reserve_fen": amount(4),
    # hosting
    "vmhosting_machine.uuid": lambda house: house.house.letter.lower() * 32,
    "vmhosting_machine.life": fixed("active"),
    "vmhosting_operation.trail": fixed(Jsonb([])),
    "vmhosting_pulse.samples": fixed(Jsonb([])),
    "vmhosting_segment.cidr": lambda house: f"10.{ord(house.house.letter)}.7.0/24",
    **{f"vmhosting_host.{name}": fixed(0) for name in ("cpu_used_milli", "memory_used_mib", "disk_used_mib")},
}
"""`table.column` → the value for a house."""

PARAMETERS: dict[str, Parameter] = {
    "key-revoke:key_id": Parameter(column("accounts_apikey"), NOBODY),
    "api-key:key": Parameter(lambda house: house.house.key().public_id, "ak_1_AAAAAAAAAAAAAAAAAAAA"),
    "session-end:session_id": Parameter(lambda house: house.session_id, NOBODY),
    "account_id": Parameter(lambda house: house.house.account_ids[0], NOBODY),
    "object_id": Parameter(lambda _house: NOBODY, NOBODY),
    # allauth: what these name belongs to a user, never to a tenant.
    "account_confirm_email:key": shared("none"),
    "account_reset_password_from_key:uidb36": shared("1"),
    "account_reset_password_from_key:key": shared("none-0"),
    "mfa_remove_webauthn:pk": Parameter(lambda house: house.authenticator_id, NOBODY),
    "mfa_edit_webauthn:pk": Parameter(lambda house: house.authenticator_id, NOBODY),
    # trading
    "symbol": Parameter(lambda house: house.shared_row("trading_instrument")["symbol"], "SHFE.no", tenant_bound=False),
    "order_id": Parameter(column("trading_order"), NOBODY),
    "statement:day": shared(STATEMENT_DAY),
    "statement-agree:day": shared(STATEMENT_DAY),
    "statement-file:day": shared(STATEMENT_DAY),
    "statement-file:form": shared("csv"),
    "api-statement:day": shared("2026-11-20"),
    "api-statement-form:day": shared("2026-11-20"),
    "api-statement-form:form": shared("csv"),
    "api-statement-confirm:day": shared("2026-11-20"),
    "client_order_id": Parameter(column("trading_order", "client_order_id"), "nobody-s"),
    # risk desk
    "risk-alert-acknowledge:number": Parameter(column("riskdesk_alert", "number"), NOBODY),
    "proposal_id": Parameter(column("riskdesk_liquidation_proposal"), NOBODY),
    "notice_id": Parameter(column("riskdesk_notice"), NOBODY),
    "risk-decide:verb": shared("refuse"),
    # hosting
    "uuid": Parameter(column("vmhosting_machine", "uuid"), "0" * 32),
    "number": Parameter(column("vmhosting_machinerequest", "number"), NOBODY),
    "host_id": Parameter(column("vmhosting_host"), NOBODY),
    "machines-part:name": shared("list"),
    "machines-act:verb": shared("stop"),
    "servers-decide:verb": shared("approve"),
    "servers-operate:verb": shared("stop"),
    # admin
    "admin:app_list:app_label": shared("accounts"),
    "admin::url": shared("nowhere/"),
    "admin:autocomplete": shared(""),
}

QUERIES: dict[str, Callable[[HouseRows], dict[str, Any]]] = {
    "api-order-by-client-id": lambda house: {"account": house.house.account_ids[0]},
    "api-statements": lambda house: {"account": house.house.account_ids[0]},
}
"""Query a GET route needs beside its path, with the house's own ids."""

OPENS_FOR_NOBODY: Mapping[str, str] = {
    "risk-liquidation-plan": "its figures are the core's own, and no core runs here",
    "mfa_remove_webauthn": "nobody of the world has a passkey; authenticators belong to users, not to tenants",
    "mfa_edit_webauthn": "nobody of the world has a passkey; authenticators belong to users, not to tenants",
}
"""GET routes with an id of a tenant's thing that no role of A can open; for all others somebody must, or the
comparison of a foreign id with a random one would prove nothing."""

ROUTES_NOT_CALLED: Mapping[str, str] = {
    "account_logout": "ends the browser's session; nothing in it names a row",
}
"""Routes the test does not call, each with its reason."""


def _trading_frames(ids: Mapping[str, Any]) -> list[dict[str, Any]]:
    account = ids["account"]
    order = {
        "trading_day": "2026-11-23",
        "client_order_id": "cross-1",
        "symbol": "SHFE.au2612",
        "side": "buy",
        "qty": 1,
        "limit_price": "1000.00",
    }
    return [
        {"op": "subscribe", "channels": [f"account.{account}"], "since": {f"account.{account}": 0}},
        {"op": "resync", "ch": f"account.{account}"},
        {"op": "order.new", "account": account, **order},
        {"op": "order.cancel", "account": account, "order_id": ids["row"]},
        {"op": "order.replace", "account": account, "order_id": ids["row"], "qty": 1, "limit_price": "1000.00"},
        {"op": "orders.cancel_all", "account": account},
        {"op": "orders.cancel_after", "account": account, "seconds": 5},
        {"op": "statement.confirm", "account": account, "trading_day": "2026-11-20", "version": 1},
    ]


SOCKETS: dict[str, Callable[[Mapping[str, Any]], list[dict[str, Any]]]] = {
    "ws/v1": _trading_frames,
    "ws/risk/": lambda _ids: [{"op": "alerts_after", "after": 0}],
    "ws/machines/": lambda _ids: [{"op": "after", "after": 0}],
}
"""Websocket path → the frames a stranger would try, built from ids. Each frame gets its `id` from the test."""

CHANNELS_OF_NEWS = ("aurum_alerts", "aurum_risk", "aurum_machines", "aurum_machine_work", "aurum_notices")
"""NOTIFY channels that wake web processes; the test rings each of them for B while A listens."""

UNIQUE_WITHOUT_TENANT: Mapping[str, str] = {
    "accounts_tenant": "the table of tenants itself: its code is global and made by the platform only",
    "vmhosting_machine:uuid": "128 random bits made by the server; nobody chooses one",
    "accounts_apikey:public_id": "120 random bits made by the server, and the tenant stands in it",
    "accounts_operatorentry:user_id": "an operator is inside one tenant at a time; operators are no tenant's people",
}
"""Unique keys of tenant tables that do not lead with the tenant, each with its reason."""

CACHE_KEYS_GLOBAL: tuple[str, ...] = ("allauth:", "allauth.mfa.", "django.contrib.sessions", "drf:", "throttle_")
"""Prefixes of cache keys of third parties that hold nothing of a tenant."""
