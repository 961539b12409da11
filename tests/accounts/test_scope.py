"""The scope: what it opens, what it closes, and that nothing of it outlives its block."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from accounts.errors import ScopeMismatch, ScopeMissing
from accounts.models import Client, Membership, Tenant
from accounts.tenancy.context import current_scope, tenant_scope, user_scope
from tests.world import House, Pair


def settings_now() -> tuple[str | None, ...]:
    """Return the three settings as the policies read them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('app.tenant', true), current_setting('app.user', true),"
            " current_setting('app.accounts', true)"
        )
        return tuple(value or None for value in cursor.fetchone())


def test_manager_raises_without_a_scope(house: House) -> None:
    with pytest.raises(ScopeMissing):
        Client.objects.count()
    with pytest.raises(ScopeMissing):
        house.clients[0].refresh_from_db()


def test_database_shows_nothing_without_a_scope(house: House) -> None:
    assert Client.unscoped.count() == 0
    assert Membership.unscoped.count() == 0


def test_shows_only_the_tenant_in_scope(tenant_pair: Pair) -> None:
    with tenant_scope(tenant_id=tenant_pair.a.tenant.pk):
        assert set(Client.unscoped.values_list("pk", flat=True)) == {c.pk for c in tenant_pair.a.clients}
        assert Client.objects.filter(pk=tenant_pair.b.clients[0].pk).count() == 0
        assert Tenant.objects.count() == 1


def test_resets_inside_an_outer_transaction(house: House) -> None:
    with transaction.atomic():
        with tenant_scope(tenant_id=house.tenant.pk, user_id=7, account_ids=[1, 2]):
            assert settings_now() == (str(house.tenant.pk), "7", "{1,2}")
        assert settings_now() == (None, None, None)
        assert Client.unscoped.count() == 0
    assert current_scope() is None


def test_returns_to_the_outer_scope(house: House) -> None:
    with tenant_scope(tenant_id=house.tenant.pk, user_id=1):
        with user_scope(user_id=2):
            assert settings_now() == (None, "2", None)
        assert settings_now() == (str(house.tenant.pk), "1", None)


def test_resets_after_an_error(house: House) -> None:
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), tenant_scope(tenant_id=house.tenant.pk):
            raise ZeroDivisionError
        assert settings_now() == (None, None, None)
    assert current_scope() is None


def test_empty_account_set_shows_no_account(house: House) -> None:
    from accounts.models import AccountHolder

    with tenant_scope(tenant_id=house.tenant.pk, account_ids=[]):
        assert AccountHolder.objects.count() == 0
    with tenant_scope(tenant_id=house.tenant.pk, account_ids=house.account_ids[:1]):
        assert list(AccountHolder.objects.values_list("account_id", flat=True)) == house.account_ids[:1]
    with tenant_scope(tenant_id=house.tenant.pk):
        assert AccountHolder.objects.count() == 2


def test_refuses_to_write_another_tenants_row(tenant_pair: Pair) -> None:
    row = Client(tenant_id=tenant_pair.b.tenant.pk, number="x", name="x")
    with tenant_scope(tenant_id=tenant_pair.a.tenant.pk), pytest.raises(ScopeMismatch):
        row.save()


def test_user_scope_shows_own_memberships_only(tenant_pair: Pair) -> None:
    with user_scope(user_id=tenant_pair.b.investor.pk):
        found = list(Membership.unscoped.values_list("user_id", "tenant_id"))
        codes = list(Tenant.objects.values_list("code", flat=True))
    assert found == [(tenant_pair.b.investor.pk, tenant_pair.b.tenant.pk)]
    assert codes == ["broker-b"]
