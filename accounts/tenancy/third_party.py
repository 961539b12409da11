"""Tables and views we did not write: what the web role may do with each, and who may open each.

A third-party table or view that is missing here stops start-up like one of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db import connections

from accounts.permissions import Right
from accounts.tenancy.db_roles import BACKUP, CORE, OWNER, WEB
from accounts.tenancy.routes import RouteRule, RouteScope

TABLES: Final[Mapping[str, str]] = {
    "account_emailaddress": "SELECT, INSERT, UPDATE, DELETE",
    "account_emailconfirmation": "SELECT, INSERT, UPDATE, DELETE",
    "accounts_user_groups": "SELECT, DELETE",
    "accounts_user_user_permissions": "SELECT, DELETE",
    "auth_group": "SELECT",
    "auth_group_permissions": "SELECT",
    "auth_permission": "SELECT",
    # The admin's own log would carry names of one tenant's things past the policies: our audit replaces it, and
    # without INSERT it stays empty. Its index page reads it all the same.
    "django_admin_log": "SELECT",
    "django_content_type": "SELECT",
    "django_migrations": "SELECT",
    "django_session": "SELECT, INSERT, UPDATE, DELETE",
    "guardian_groupobjectpermission": "SELECT",
    "guardian_userobjectpermission": "SELECT",
    "mfa_authenticator": "SELECT, INSERT, UPDATE, DELETE",
    "portal_cache": "SELECT, INSERT, UPDATE, DELETE",
    "usersessions_usersession": "SELECT, INSERT, UPDATE, DELETE",
}

_ANON: Final = RouteRule(RouteScope.ANON)
_USER: Final = RouteRule(RouteScope.USER)
_ADMIN: Final = RouteRule(RouteScope.STAFF, Right.ADMIN_ENTER)

# Module and name of a view's class or function; a trailing * takes every view of the module.
VIEWS: Final[Mapping[str, RouteRule]] = {
    "allauth.account.views.LoginView": _ANON,
    "allauth.account.views.LogoutView": _ANON,
    "allauth.account.views.SignupView": _ANON,
    "allauth.account.views.SignupByPasskeyView": _ANON,
    "allauth.account.views.AccountInactiveView": _ANON,
    "allauth.account.views.PasswordResetView": _ANON,
    "allauth.account.views.PasswordResetDoneView": _ANON,
    "allauth.account.views.PasswordResetFromKeyView": _ANON,
    "allauth.account.views.PasswordResetFromKeyDoneView": _ANON,
    "allauth.account.views.ConfirmEmailView": _ANON,
    "allauth.account.views.EmailVerificationSentView": _ANON,
    "allauth.account.views.ConfirmLoginCodeView": _ANON,
    "allauth.account.views.RequestLoginCodeView": _ANON,
    "allauth.account.views.*": _USER,
    "allauth.mfa.base.views.AuthenticateView": _ANON,
    "allauth.mfa.base.views.TrustView": _ANON,
    "allauth.mfa.webauthn.views.LoginWebAuthnView": _ANON,
    "allauth.mfa.webauthn.views.SignupWebAuthnView": _ANON,
    "allauth.mfa.base.views.*": _USER,
    "allauth.mfa.totp.views.*": _USER,
    "allauth.mfa.recovery_codes.views.*": _USER,
    "allauth.mfa.webauthn.views.*": _USER,
    "allauth.usersessions.views.*": _USER,
    "django.views.i18n.*": _ANON,
    "django.views.static.*": _ANON,
    "django.contrib.staticfiles.views.*": _ANON,
    "django.views.generic.base.RedirectView": _ANON,
    "drf_spectacular.views.*": _ANON,
}


def third_party_rule(callback: Callable[..., Any]) -> RouteRule | None:
    """Return the rule of a view we did not write, or None when nobody has decided."""
    if getattr(callback, "admin_site", None) is not None or _is_admin_view(callback):
        return _ANON if getattr(callback, "__name__", "") in {"login", "logout"} else _ADMIN
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", None) or callback
    module, name = getattr(view, "__module__", ""), getattr(view, "__qualname__", "")
    return VIEWS.get(f"{module}.{name}") or VIEWS.get(f"{module}.*")


def _is_admin_view(callback: Callable[..., Any]) -> bool:
    return getattr(callback, "__module__", "").startswith(("django.contrib.admin.", "unfold.", "portal.admin_"))


def grant_tables(*, using: str = "default", **_kwargs: Any) -> None:
    """Give the process roles exactly these rights on the third-party tables that exist; runs after each migrate."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone()[0] != OWNER:
            return
        existing = set(connection.introspection.table_names(cursor))
        for table, rights in TABLES.items():
            if table not in existing:
                continue
            cursor.execute(f"REVOKE ALL ON {table} FROM PUBLIC, {WEB}, {CORE}, {BACKUP}")
            cursor.execute(f"GRANT SELECT ON {table} TO {CORE}, {BACKUP}")
            if rights:
                cursor.execute(f"GRANT {rights} ON {table} TO {WEB}")
