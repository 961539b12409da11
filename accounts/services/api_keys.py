"""API keys: made with a secret that is shown once, revoked at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from accounts.audit import SystemActor
from accounts.auth import keys, revocations
from accounts.auth.actor import Actor
from accounts.choices import KeyPurpose, KeyScope
from accounts.errors import AuthCode, not_found, right_missing
from accounts.models import ApiKey, Membership
from accounts.permissions import Right
from accounts.tenancy.context import require_tenant_id
from portal.lib.errors import Refused

KEYS_MAX: Final = 20
"""Live keys a person may have in one tenant; machines' keys are counted apart by their machines."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A fresh key with the only copy of its secret that will ever exist."""

    key: ApiKey
    secret: str

    @property
    def bearer(self) -> str:
        """Return what goes behind `Authorization: Bearer `."""
        return f"{self.key.public_id}.{self.secret}"


def apikey_create(
    *,
    actor: Actor | SystemActor,
    user_id: int,
    label: str,
    scopes: Iterable[str],
    allowed_networks: Iterable[str] = (),
    account_ids: Iterable[int] | None = None,
    purpose: str = KeyPurpose.PERSON,
    expires_at: datetime | None = None,
    cancel_on_disconnect_s: int | None = None,
) -> NewKey:
    """Make a key of a user in the tenant in scope. A person makes only his own; a process makes a machine's."""
    if isinstance(actor, Actor) and (not actor.has(Right.APIKEY_OWN) or actor.user_id != user_id):
        raise right_missing(Right.APIKEY_OWN)
    if not Membership.objects.filter(user_id=user_id).exists():
        raise not_found()
    if purpose == KeyPurpose.PERSON and _live(user_id).count() >= KEYS_MAX:
        raise Refused(AuthCode.CONFLICT, {"keys": KEYS_MAX, "limit": KEYS_MAX}, detail="Revoke a key first.")
    bound = None if account_ids is None else sorted(set(account_ids))
    if isinstance(actor, Actor) and bound is not None and not set(bound) <= actor.own_account_ids:
        raise not_found()
    secret = keys.new_secret()
    key = ApiKey(
        user_id=user_id,
        public_id=keys.new_public_id(tenant_id=require_tenant_id()),
        secret_sha256=keys.secret_hash(secret),
        label=_label(label),
        purpose=purpose,
        scopes=_scopes(scopes),
        allowed_networks=_networks(allowed_networks),
        account_ids=bound,
        expires_at=expires_at,
        cancel_on_disconnect_s=_cancel_after(cancel_on_disconnect_s),
    )
    key.save(force_insert=True)
    audit.record(actor=actor, action="apikey.create", target=f"apikey {key.pk}", after=_facts(key))
    return NewKey(key=key, secret=secret)


def apikey_revoke(*, actor: Actor | SystemActor, key_id: int, reason: str = "") -> ApiKey:
    """End a key: requests are refused from the commit on, sockets close within seconds."""
    key = ApiKey.objects.select_for_update().filter(pk=key_id).first()
    if key is None or (isinstance(actor, Actor) and not _may_revoke(actor, key)):
        raise not_found()
    if key.revoked_at is not None:
        return key
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
    revocations.announce(tenant_id=key.tenant_id, kind="key", id=key.pk)
    audit.record(
        actor=actor,
        action="apikey.revoke",
        target=f"apikey {key.pk}",
        reason=reason,
        before={"revoked": False},
        after={"revoked": True},
    )
    return key


def _may_revoke(actor: Actor, key: ApiKey) -> bool:
    return key.user_id == actor.user_id or actor.has(Right.PEOPLE_EDIT)


def _live(user_id: int) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(user_id=user_id, purpose=KeyPurpose.PERSON, revoked_at__isnull=True)


def _invalid(detail: str, *, pointer: str, **figures: object) -> Refused:
    return Refused(AuthCode.INVALID, figures, detail=detail, status=400, pointer=pointer)


def _label(label: str) -> str:
    text = label.strip()
    if not 1 <= len(text) <= 60:
        raise _invalid("Give the key a label of 1 to 60 characters.", pointer="/label")
    return text


def _scopes(scopes: Iterable[str]) -> list[str]:
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in KeyScope.values]
    if unknown or not wanted:
        raise _invalid("Choose the scopes read, trade or machine.", pointer="/scopes", unknown=unknown)
    return wanted


def _networks(networks: Iterable[str]) -> list[str]:
    found = []
    for text in networks:
        try:
            found.append(keys.parse_network(text))
        except ValueError:
            raise _invalid("This is not an address or network.", pointer="/allowed_networks", value=text) from None
    if len(found) > 20:
        raise _invalid("At most 20 addresses.", pointer="/allowed_networks", limit=20)
    return sorted(set(found))


def _cancel_after(seconds: int | None) -> int | None:
    if seconds is not None and not 3 <= seconds <= 300:
        raise _invalid("3 to 300 seconds.", pointer="/cancel_on_disconnect_s", value=seconds)
    return seconds


def _facts(key: ApiKey) -> dict[str, object]:
    return {
        "user": key.user_id,
        "label": key.label,
        "scopes": key.scopes,
        "networks": key.allowed_networks,
        "accounts": key.account_ids,
        "purpose": key.purpose,
    }
