"""Who may open which route: one row a method of a route. A route without a row fails the build.

`right` is the statement made here, beside the one in the code: both must agree. `yes` is the status for somebody who
has it (with the house's own ids and an empty body), `no` the status for somebody signed in who has not, or for a
stranger where everybody signed in may.
"""

from __future__ import annotations

from dataclasses import dataclass

from accounts.permissions import Right as R
from accounts.tenancy.routes import RouteScope as S


@dataclass(frozen=True, slots=True)
class Row:
    """One method of one route."""

    route: str
    method: str
    scope: S
    right: R | None
    yes: int
    no: int


ROWS: tuple[Row, ...] = (
    # portal, sign-in and second factor
    Row("home", "GET", S.ANON, None, 302, 302),
    Row("home", "POST", S.ANON, None, 302, 302),
    Row("health", "GET", S.ANON, None, 503, 503),
    Row("health", "POST", S.ANON, None, 503, 503),
    Row("health-ready", "GET", S.ANON, None, 503, 503),
    Row("health-ready", "POST", S.ANON, None, 503, 503),
    Row("account_login", "GET", S.ANON, None, 302, 200),
    Row("account_login", "POST", S.ANON, None, 302, 200),
    Row("account_logout", "GET", S.ANON, None, 200, 302),
    Row("account_logout", "POST", S.ANON, None, 302, 302),
    Row("account_inactive", "GET", S.ANON, None, 200, 200),
    Row("account_signup", "GET", S.ANON, None, 302, 200),
    Row("account_signup", "POST", S.ANON, None, 302, 200),
    Row("account_reauthenticate", "GET", S.USER, None, 403, 302),
    Row("account_reauthenticate", "POST", S.USER, None, 403, 302),
    Row("account_email", "GET", S.USER, None, 200, 302),
    Row("account_email", "POST", S.USER, None, 302, 302),
    Row("account_email_verification_sent", "GET", S.USER, None, 200, 302),
    Row("account_email_verification_sent", "POST", S.USER, None, 405, 302),
    Row("account_change_password", "GET", S.USER, None, 302, 302),
    Row("account_change_password", "POST", S.USER, None, 302, 302),
    Row("account_set_password", "GET", S.USER, None, 200, 302),
    Row("account_set_password", "POST", S.USER, None, 200, 302),
    Row("account_reset_password", "GET", S.ANON, None, 200, 200),
    Row("account_reset_password", "POST", S.ANON, None, 200, 200),
    Row("account_confirm_login_code", "GET", S.ANON, None, 302, 302),
    Row("account_confirm_login_code", "POST", S.ANON, None, 302, 302),
    Row("account_confirm_email", "GET", S.ANON, None, 200, 200),
    Row("account_confirm_email", "POST", S.ANON, None, 404, 404),
    Row("account_reset_password_from_key_done", "GET", S.ANON, None, 200, 200),
    Row("account_reset_password_from_key", "GET", S.ANON, None, 200, 200),
    Row("account_reset_password_from_key", "POST", S.ANON, None, 200, 200),
    Row("account_reset_password_done", "GET", S.ANON, None, 200, 200),
    Row("mfa_index", "GET", S.USER, None, 200, 302),
    Row("mfa_authenticate", "GET", S.ANON, None, 302, 302),
    Row("mfa_authenticate", "POST", S.ANON, None, 302, 302),
    Row("mfa_reauthenticate", "GET", S.USER, None, 403, 302),
    Row("mfa_reauthenticate", "POST", S.USER, None, 403, 302),
    Row("mfa_activate_totp", "GET", S.USER, None, 200, 302),
    Row("mfa_activate_totp", "POST", S.USER, None, 200, 302),
    Row("mfa_deactivate_totp", "GET", S.USER, None, 404, 302),
    Row("mfa_deactivate_totp", "POST", S.USER, None, 404, 302),
    Row("mfa_view_recovery_codes", "GET", S.USER, None, 404, 302),
    Row("mfa_generate_recovery_codes", "GET", S.USER, None, 200, 302),
    Row("mfa_generate_recovery_codes", "POST", S.USER, None, 200, 302),
    Row("mfa_download_recovery_codes", "GET", S.USER, None, 404, 302),
    Row("mfa_list_webauthn", "GET", S.USER, None, 200, 302),
    Row("mfa_add_webauthn", "GET", S.USER, None, 200, 302),
    Row("mfa_add_webauthn", "POST", S.USER, None, 200, 302),
    Row("mfa_reauthenticate_webauthn", "GET", S.USER, None, 403, 302),
    Row("mfa_reauthenticate_webauthn", "POST", S.USER, None, 403, 302),
    Row("mfa_remove_webauthn", "GET", S.USER, None, 404, 302),
    Row("mfa_remove_webauthn", "POST", S.USER, None, 404, 302),
    Row("mfa_edit_webauthn", "GET", S.USER, None, 404, 302),
    Row("mfa_edit_webauthn", "POST", S.USER, None, 404, 302),
    Row("mfa_login_webauthn", "GET", S.ANON, None, 302, 302),
    Row("mfa_login_webauthn", "POST", S.ANON, None, 302, 302),
    Row("usersessions_list", "GET", S.USER, None, 200, 302),
    Row("usersessions_list", "POST", S.USER, None, 302, 302),
    Row("javascript-catalog", "GET", S.ANON, None, 200, 200),
    Row("schema", "GET", S.ANON, None, 200, 200),
    Row("api-docs", "GET", S.ANON, None, 200, 200),
    Row("preferences", "GET", S.ANON, None, 405, 405),
    Row("preferences", "POST", S.ANON, None, 302, 302),
    Row("licences", "GET", S.ANON, None, 200, 200),
    Row("licences", "POST", S.ANON, None, 200, 200),
    # people
    Row("security", "GET", S.USER, None, 200, 302),
    Row("security", "POST", S.USER, None, 200, 302),
    Row("key-create", "GET", S.USER, R.APIKEY_OWN, 200, 403),
    Row("key-create", "POST", S.USER, R.APIKEY_OWN, 400, 403),
    Row("key-revoke", "GET", S.USER, R.APIKEY_OWN, 405, 403),
    Row("key-revoke", "POST", S.USER, R.APIKEY_OWN, 302, 403),
    Row("session-end", "GET", S.USER, None, 405, 302),
    Row("session-end", "POST", S.USER, None, 302, 302),
    Row("sessions-end-others", "GET", S.USER, None, 405, 302),
    Row("sessions-end-others", "POST", S.USER, None, 302, 302),
    Row("tenant-switch", "GET", S.USER, None, 405, 302),
    Row("tenant-switch", "POST", S.USER, None, 404, 302),
    Row("operator-enter", "GET", S.PLATFORM, R.TENANT_EDIT, 200, 403),
    Row("operator-enter", "POST", S.PLATFORM, R.TENANT_EDIT, 400, 403),
    Row("operator-leave", "GET", S.PLATFORM, R.TENANT_EDIT, 405, 403),
    Row("operator-leave", "POST", S.PLATFORM, R.TENANT_EDIT, 302, 403),
    Row("api-me", "GET", S.TENANT, None, 200, 403),
    Row("api-keys", "GET", S.USER, R.APIKEY_OWN, 200, 403),
    Row("api-keys", "POST", S.USER, R.APIKEY_OWN, 400, 403),
    Row("api-key", "DELETE", S.USER, R.APIKEY_OWN, 204, 403),
    # trading
    Row("trade", "GET", S.TENANT, R.TRADE_VIEW, 200, 403),
    Row("trade", "POST", S.TENANT, R.TRADE_VIEW, 200, 403),
    Row("api-time", "GET", S.ANON, None, 200, 200),
    Row("api-status", "GET", S.TENANT, R.TRADE_VIEW, 200, 403),
    Row("api-instruments", "GET", S.TENANT, R.TRADE_VIEW, 200, 403),
    Row("api-instrument", "GET", S.TENANT, R.TRADE_VIEW, 200, 403),
    Row("api-book", "GET", S.TENANT, R.TRADE_VIEW, 200, 403),
    Row("api-trades", "GET", S.TENANT, R.TRADE_VIEW, 200, 403),
    Row("api-bars", "GET", S.TENANT, R.TRADE_VIEW, 200, 403),
    Row("api-accounts", "GET", S.TENANT, R.ACCOUNT_VIEW, 200, 403),
    Row("api-account", "GET", S.TENANT, R.ACCOUNT_VIEW, 200, 403),
    Row("api-balances", "GET", S.TENANT, R.ACCOUNT_VIEW, 200, 403),
    Row("api-positions", "GET", S.TENANT, R.ACCOUNT_VIEW, 200, 403),
    Row("api-fills", "GET", S.TENANT, R.TRADE_VIEW, 200, 403),
    Row("api-events", "GET", S.TENANT, R.ACCOUNT_VIEW, 400, 403),
    Row("api-orders", "GET", S.TENANT, R.TRADE_VIEW, 200, 403),
    Row("api-orders", "POST", S.TENANT, R.TRADE_PLACE, 422, 403),
    Row("api-order-preview", "POST", S.TENANT, R.TRADE_PLACE, 422, 403),
    Row("api-cancel-all", "POST", S.TENANT, R.TRADE_CANCEL, 422, 403),
    Row("api-cancel-after", "POST", S.TENANT, R.TRADE_CANCEL, 422, 403),
    Row("api-order-by-client-id", "GET", S.TENANT, R.TRADE_VIEW, 200, 403),
    Row("api-order", "DELETE", S.TENANT, R.TRADE_CANCEL, 503, 403),
    Row("api-order", "GET", S.TENANT, R.TRADE_VIEW, 200, 403),
    Row("api-order", "PATCH", S.TENANT, R.TRADE_PLACE, 422, 403),
    Row("api-delivery-duties", "GET", S.STAFF, R.RISK_VIEW, 503, 403),
    # risk desk
    Row("risk-desk", "GET", S.STAFF, R.RISK_VIEW, 200, 403),
    Row("risk-desk", "POST", S.STAFF, R.RISK_VIEW, 200, 403),
    Row("risk-alerts", "GET", S.STAFF, R.RISK_VIEW, 200, 403),
    Row("risk-alert-acknowledge", "POST", S.STAFF, R.RISK_ACK, 422, 403),
    Row("risk-accounts", "GET", S.STAFF, R.RISK_VIEW, 200, 403),
    Row("risk-account", "GET", S.STAFF, R.RISK_VIEW, 200, 403),
    Row("risk-account-intervene", "POST", S.STAFF, R.RISK_INTERVENE, 422, 403),
    # hosting
    Row("machines", "GET", S.TENANT, R.MACHINE_VIEW_OWN, 200, 403),
    Row("machines", "POST", S.TENANT, R.MACHINE_VIEW_OWN, 405, 403),
    Row("machines-part", "GET", S.TENANT, R.MACHINE_VIEW_OWN, 200, 403),
    Row("machines-part", "POST", S.TENANT, R.MACHINE_VIEW_OWN, 405, 403),
    Row("machines-ask", "GET", S.TENANT, None, 405, 403),
    Row("machines-ask", "POST", S.TENANT, R.MACHINE_REQUEST, 404, 403),
    Row("machines-act", "GET", S.TENANT, None, 405, 403),
    Row("machines-act", "POST", S.TENANT, R.MACHINE_REQUEST, 303, 403),
    Row("servers", "GET", S.STAFF, R.HOST_VIEW, 200, 403),
    Row("servers", "POST", S.STAFF, R.HOST_VIEW, 405, 403),
    Row("servers-board", "GET", S.STAFF, R.HOST_VIEW, 200, 403),
    Row("servers-board", "POST", S.STAFF, R.HOST_VIEW, 405, 403),
    Row("servers-decide", "GET", S.STAFF, None, 405, 403),
    Row("servers-decide", "POST", S.STAFF, R.MACHINE_APPROVE, 303, 403),
    Row("servers-operate", "GET", S.STAFF, None, 405, 403),
    Row("servers-operate", "POST", S.STAFF, R.MACHINE_OPERATE, 303, 403),
    Row("servers-drain", "GET", S.STAFF, None, 405, 403),
    Row("servers-drain", "POST", S.STAFF, R.MACHINE_OPERATE, 303, 403),
    Row("network", "GET", S.STAFF, R.NETWORK_VIEW, 200, 403),
    Row("network", "POST", S.STAFF, R.NETWORK_VIEW, 405, 403),
    Row("api-machines", "GET", S.TENANT, R.MACHINE_VIEW_OWN, 200, 403),
    Row("api-machines", "POST", S.TENANT, R.MACHINE_REQUEST, 400, 403),
    Row("api-machine-plans", "GET", S.TENANT, R.MACHINE_VIEW_OWN, 200, 403),
    Row("api-machine-events", "GET", S.TENANT, R.MACHINE_VIEW_OWN, 200, 403),
    Row("api-machine-requests", "GET", S.STAFF, R.MACHINE_APPROVE, 200, 403),
    Row("api-machine-approve", "POST", S.STAFF, R.MACHINE_APPROVE, 400, 403),
    Row("api-machine-refuse", "POST", S.STAFF, R.MACHINE_APPROVE, 400, 403),
    Row("api-agent-heartbeat", "POST", S.ACCOUNT, R.MACHINE_VIEW_OWN, 400, 403),
    Row("api-agent-log", "POST", S.ACCOUNT, R.MACHINE_VIEW_OWN, 400, 403),
    Row("api-machine", "DELETE", S.TENANT, R.MACHINE_REQUEST, 202, 403),
    Row("api-machine", "GET", S.TENANT, R.MACHINE_VIEW_OWN, 200, 403),
    Row("api-machine-start", "POST", S.TENANT, R.MACHINE_REQUEST, 409, 403),
    Row("api-machine-stop", "POST", S.TENANT, R.MACHINE_REQUEST, 409, 403),
    Row("api-machine-restart", "POST", S.TENANT, R.MACHINE_REQUEST, 409, 403),
    Row("api-machine-resize", "POST", S.TENANT, R.MACHINE_REQUEST, 400, 403),
    Row("api-machine-parameters", "PUT", S.TENANT, R.MACHINE_REQUEST, 400, 403),
    Row("api-machine-log", "GET", S.TENANT, R.MACHINE_VIEW_OWN, 200, 403),
    Row("api-hosts", "GET", S.TENANT, R.HOST_VIEW, 200, 403),
    Row("api-network-segments", "GET", S.TENANT, R.NETWORK_VIEW, 200, 403),
)


@dataclass(frozen=True, slots=True)
class Page:
    """One model of the admin: the rights that open its list and its add form, and one right for each button.

    `also`: beside `view`, one of these must be held.
    """

    view: R
    add: R | None = None
    buttons: tuple[tuple[str, R], ...] = ()
    also: frozenset[R] = frozenset()


_PROPOSAL_RIGHTS = frozenset(
    {
        R.CASH_PROPOSE,
        R.LIMIT_PROPOSE,
        R.RATE_PROPOSE,
        R.CASH_APPROVE,
        R.LIMIT_APPROVE,
        R.RATE_APPROVE,
        R.RISK_INTERVENE,
    }
)

ADMIN: dict[str, Page] = {
    "accounts.AccountHolder": Page(
        R.PEOPLE_VIEW,
        None,
        (
            ("grant", R.PEOPLE_EDIT),
            ("ungrant", R.PEOPLE_EDIT),
        ),
    ),
    "accounts.ApiKey": Page(R.PEOPLE_VIEW, None, (("revoke", R.PEOPLE_EDIT),)),
    "accounts.AuditEntry": Page(R.AUDIT_VIEW, None, ()),
    "accounts.Client": Page(R.PEOPLE_VIEW, R.PEOPLE_EDIT, ()),
    "accounts.LoginAttempt": Page(R.LOGIN_UNLOCK, None, (("unlock", R.LOGIN_UNLOCK),)),
    "accounts.Membership": Page(
        R.PEOPLE_VIEW,
        R.PEOPLE_EDIT,
        (
            ("role", R.PEOPLE_EDIT),
            ("reach", R.PEOPLE_EDIT),
            ("reset", R.PEOPLE_EDIT),
            ("end", R.PEOPLE_EDIT),
        ),
    ),
    "accounts.OperatorEntry": Page(R.AUDIT_VIEW, None, ()),
    "accounts.Tenant": Page(
        R.TENANT_EDIT,
        R.TENANT_EDIT,
        (
            ("suspend", R.TENANT_EDIT),
            ("resume", R.TENANT_EDIT),
        ),
    ),
    "accounts.User": Page(
        R.TENANT_EDIT,
        None,
        (
            ("reset", R.TENANT_EDIT),
            ("off", R.TENANT_EDIT),
            ("on", R.TENANT_EDIT),
        ),
    ),
    "riskdesk.Alert": Page(R.RISK_VIEW, None, ()),
    "riskdesk.AlertNote": Page(R.RISK_VIEW, None, ()),
    "trading.Fill": Page(R.TRADE_VIEW, None, ()),
    "trading.Instrument": Page(
        R.TRADE_VIEW,
        R.INSTRUMENT_EDIT,
        (
            ("parameters", R.INSTRUMENT_EDIT),
            ("rates", R.RATE_PROPOSE),
            ("halt", R.VENUE_KILL),
            ("resume", R.VENUE_KILL),
        ),
    ),
    "trading.MoneyAccount": Page(
        R.ACCOUNT_VIEW,
        R.ACCOUNT_OPEN,
        (
            ("deposit", R.CASH_PROPOSE),
            ("withdraw", R.CASH_PROPOSE),
            ("limits", R.LIMIT_PROPOSE),
            ("close-only", R.RISK_INTERVENE),
            ("block", R.RISK_INTERVENE),
            ("cancel-all", R.RISK_INTERVENE),
            ("release", R.RISK_INTERVENE),
            ("holder-kind", R.ACCOUNT_OPEN),
        ),
    ),
    "trading.Order": Page(R.TRADE_VIEW, None, ()),
    "trading.Proposal": Page(
        R.ACCOUNT_VIEW,
        None,
        (
            ("approve-cash", R.CASH_APPROVE),
            ("refuse-cash", R.CASH_APPROVE),
            ("approve-limits", R.LIMIT_APPROVE),
            ("refuse-limits", R.LIMIT_APPROVE),
            ("approve-rates", R.RATE_APPROVE),
            ("refuse-rates", R.RATE_APPROVE),
            ("approve-release", R.RISK_INTERVENE),
            ("refuse-release", R.RISK_INTERVENE),
            ("withdraw-cash", R.CASH_PROPOSE),
            ("withdraw-limits", R.LIMIT_PROPOSE),
            ("withdraw-rates", R.RATE_PROPOSE),
        ),
        also=_PROPOSAL_RIGHTS,
    ),
    "trading.TradingDay": Page(R.DAY_ROLL, R.DAY_ROLL, ()),
    "trading.VenueProposal": Page(
        R.INSTRUMENT_EDIT,
        R.INSTRUMENT_EDIT,
        (
            ("approve", R.INSTRUMENT_EDIT),
            ("refuse", R.INSTRUMENT_EDIT),
        ),
    ),
    "vmhosting.Address": Page(R.NETWORK_VIEW, None, ()),
    "vmhosting.Host": Page(R.HOST_VIEW, R.MACHINE_OPERATE, (("drain", R.MACHINE_OPERATE),)),
    "vmhosting.Machine": Page(
        R.HOST_VIEW,
        None,
        (
            ("start", R.MACHINE_OPERATE),
            ("stop", R.MACHINE_OPERATE),
            ("restart", R.MACHINE_OPERATE),
            ("delete-machine", R.MACHINE_OPERATE),
        ),
    ),
    "vmhosting.MachineRequest": Page(
        R.HOST_VIEW,
        None,
        (
            ("approve", R.MACHINE_APPROVE),
            ("refuse", R.MACHINE_APPROVE),
        ),
    ),
    "vmhosting.Operation": Page(R.HOST_VIEW, None, ()),
    "vmhosting.Plan": Page(R.HOST_VIEW, R.MACHINE_OPERATE, ()),
    "vmhosting.Quota": Page(R.HOST_VIEW, R.MACHINE_OPERATE, ()),
    "vmhosting.Segment": Page(R.NETWORK_VIEW, R.MACHINE_OPERATE, ()),
}
