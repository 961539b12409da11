"""Start-up checks of the walls: what is undeclared stops the process."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections, models

from accounts.tenancy import catalogue
from accounts.tenancy.db_roles import OWNER
from accounts.tenancy.third_party import TABLES


def register_checks() -> None:
    """Register with Django's check framework."""
    register(check_models, Tags.models)
    register(check_routes, Tags.urls)
    register(check_tables, Tags.database)


def check_models(app_configs: Any, **_kwargs: Any) -> Sequence[CheckMessage]:
    """Every model says whose its rows are; every third-party table has its rights written down."""
    found: list[CheckMessage] = []
    for model in catalogue.our_models():
        found += _model_breaches(model)
    for table in sorted(catalogue.third_party_tables() - set(TABLES)):
        found.append(
            Error(
                f"nobody has decided what the web role may do with the table {table}",
                hint="Add it to TABLES in accounts/tenancy/third_party.py.",
                id="accounts.E003",
            )
        )
    return found


def _model_breaches(model: type[models.Model]) -> list[CheckMessage]:
    label, scope = model._meta.label, getattr(model, "aurum_scope", None)
    if scope not in {"tenant", "account", "global"}:
        hint = "Derive it from TenantModel, AccountModel or GlobalModel."
        return [Error(f"{label} does not declare its scope", hint=hint, id="accounts.E001")]
    if scope == "global" or label == "accounts.Tenant":
        return []
    names = {field.attname for field in model._meta.concrete_fields}
    if "tenant_id" not in names:
        return [Error(f"{label} is a tenant's model without tenant_id", id="accounts.E004")]
    if scope == "account" and not names & {"account_id", "id"}:
        return [Error(f"{label} is an account's model without account_id", id="accounts.E004")]
    return _manager_breaches(model)


def _manager_breaches(model: type[models.Model]) -> list[CheckMessage]:
    """A default manager that answers without a scope would be the hole in the second wall."""
    from accounts.errors import ScopeMissing

    try:
        model._default_manager.get_queryset()
    except ScopeMissing:
        return []
    return [Error(f"the default manager of {model._meta.label} does not raise without a scope", id="accounts.E005")]


def check_routes(app_configs: Any, **_kwargs: Any) -> Sequence[CheckMessage]:
    """Every route says who may open it, and none is asynchronous."""
    found: list[CheckMessage] = []
    for route in catalogue.routes():
        if route.rule is None:
            found.append(
                Error(
                    f"the route /{route.path} does not declare its scope",
                    hint="Use @route_scope(...), or aurum_route on a DRF view.",
                    id="accounts.E002",
                )
            )
        if inspect.iscoroutinefunction(route.callback) or getattr(route.callback, "view_is_async", False):
            found.append(
                Error(
                    f"the route /{route.path} is asynchronous and would leave the request's transaction",
                    id="accounts.E006",
                )
            )
    return found


def check_tables(app_configs: Any, databases: Sequence[str] | None = None, **_kwargs: Any) -> Sequence[CheckMessage]:
    """The catalogue of the database agrees: policies on, forced, with a check on writes."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        found += [Error(breach, id="accounts.E007") for breach in table_breaches(using=alias)]
    return found


_TABLES_SQL = """
SELECT c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner),
       EXISTS (SELECT 1 FROM pg_attribute a
               WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped),
       EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'web_tenant'
               AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL AND NOT (0 = ANY (p.polroles))),
       coalesce(c.reloptions @> '{security_invoker=true}', false),
       has_table_privilege('aurum_web', c.oid, 'SELECT'),
       has_table_privilege('aurum_web', c.oid, 'TRUNCATE') OR has_table_privilege('aurum_web', c.oid, 'REFERENCES')
         OR has_table_privilege('aurum_web', c.oid, 'TRIGGER')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm') ORDER BY 1
"""
_DEFINERS_SQL = """
SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'public' AND p.prosecdef AND has_function_privilege('aurum_web', p.oid, 'EXECUTE') ORDER BY 1
"""


def table_breaches(*, using: str = "default") -> list[str]:
    """Return every sentence in which the database differs from the plan; empty when the walls stand."""
    with connections[using].cursor() as cursor:
        cursor.execute(_TABLES_SQL)
        found = [breach for row in cursor.fetchall() for breach in _one_table(*row)]
        cursor.execute(_DEFINERS_SQL)
        found += [
            f"the function {name} runs with its owner's rights and the web role may call it"
            for (name,) in cursor.fetchall()
        ]
    return found


def _one_table(
    name: str,
    kind: str,
    enabled: bool,
    forced: bool,
    owner: str,
    has_tenant: bool,
    has_policy: bool,
    invoker: bool,
    web_reads: bool,
    web_too_much: bool,
) -> list[str]:
    if kind == "v":
        return [] if invoker or not web_reads else [f"the view {name} shows every tenant: it is not security_invoker"]
    if kind == "m":
        return [f"the materialised view {name} shows every tenant to the web role"] if web_reads else []
    found = []
    if owner != OWNER:
        found.append(f"the table {name} belongs to {owner}, not to {OWNER}")
    if web_too_much:
        found.append(f"the web role may truncate {name}, reference it or put triggers on it")
    # A table the web role can not even read needs no policy for it (journal, snapshots).
    if has_tenant and web_reads:
        if not enabled or not forced:
            found.append(f"row security of {name} is not enabled and forced")
        if not has_policy:
            found.append(f"{name} has no policy with USING and WITH CHECK for the web role")
    return found
