"""Services for people: what a broker may do with his own, and that another broker's are as if they did not exist."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from accounts.auth.identify import Door, actor_of_user
from accounts.choices import Reach, RoleName
from accounts.models import AuditEntry, Client, Membership, User
from accounts.permissions import clashing_role
from accounts.selectors.accounts import TRADE
from accounts.services.grants import account_grant, account_grant_end
from accounts.services.people import (
    client_create,
    credentials_reset,
    membership_create,
    membership_end,
    membership_reach_set,
    person_create,
    user_create,
)
from accounts.tenancy.context import tenant_scope
from portal.lib.errors import Refused
from tests.world import MAKER, House, Pair


def actor(house: House, name: str):  # type: ignore[no-untyped-def]
    """Return who a person is at this door."""
    return actor_of_user(house.people[name], door=Door(ip="127.0.0.1"))


def refusal(call) -> tuple[str, int]:  # type: ignore[no-untyped-def]
    """Return code and status of the refusal."""
    with pytest.raises(Refused) as refused:
        call()
    return str(refused.value.code), refused.value.status


def test_person_gets_login_role_and_one_time_password(house: House) -> None:
    admin = actor(house, "broker_admin")
    with tenant_scope(tenant_id=house.tenant.pk, user_id=admin.user_id):
        made = person_create(actor=admin, username="a-new", role=RoleName.RISK_OFFICER)
        assert made.user.check_password(made.password)
        assert made.user.must_change_password
        acts = list(AuditEntry.objects.order_by("-number").values_list("action", "username")[:2])
    assert acts == [("membership.create", "a-broker_admin"), ("user.create", "a-broker_admin")]


def test_login_name_is_taken_only_once(house: House) -> None:
    with tenant_scope(tenant_id=house.tenant.pk):
        call = lambda: user_create(actor=MAKER, username="a-investor", password="gold-rises-19")  # noqa: E731
        assert refusal(call) == ("conflict", 409)


def test_weak_password_is_refused(house: House) -> None:
    with tenant_scope(tenant_id=house.tenant.pk):
        assert refusal(lambda: user_create(actor=MAKER, username="x", password="short")) == ("invalid", 400)
        assert User.objects.filter(username="x").count() == 0


@pytest.mark.parametrize(
    ("held", "added"),
    [
        (RoleName.INVESTOR, RoleName.RISK_OFFICER),
        (RoleName.RISK_OFFICER, RoleName.INVESTOR),
        (RoleName.BACK_OFFICE_MAKER, RoleName.BACK_OFFICE_CHECKER),
        (RoleName.BROKER_ADMIN, RoleName.BACK_OFFICE_MAKER),
    ],
)
def test_clashing_roles_are_refused(house: House, held: str, added: str) -> None:
    name = {"investor": "investor"}.get(held, held)
    with tenant_scope(tenant_id=house.tenant.pk):
        user_id = house.people[name].pk
        assert refusal(lambda: membership_create(actor=MAKER, user_id=user_id, role=added)) == ("roles_clash", 409)
        assert Membership.objects.filter(user_id=user_id).count() == 1
    assert clashing_role(held=[held], added=added) == held


def test_nobody_widens_his_own_rights(house: House) -> None:
    admin = actor(house, "broker_admin")
    with tenant_scope(tenant_id=house.tenant.pk):
        code = refusal(lambda: membership_create(actor=admin, user_id=admin.user_id, role=RoleName.RISK_OFFICER))
    assert code == ("right_missing", 403)


def test_foreign_people_are_as_if_they_did_not_exist(tenant_pair: Pair) -> None:
    admin, foreign = actor(tenant_pair.a, "broker_admin"), tenant_pair.b.investor.pk
    with tenant_scope(tenant_id=tenant_pair.b.tenant.pk):
        member = Membership.objects.get(user_id=foreign).pk
    with tenant_scope(tenant_id=tenant_pair.a.tenant.pk, user_id=admin.user_id):
        for call in (
            lambda user: membership_create(actor=admin, user_id=user, role=RoleName.INVESTOR),
            lambda user: credentials_reset(actor=admin, user_id=user),
            lambda user: client_create(actor=admin, number="n", name="n", user_id=user),
            lambda user: account_grant(actor=admin, user_id=user, account_id=tenant_pair.a.account_ids[0]),
        ):
            assert refusal(lambda c=call: c(foreign)) == refusal(lambda c=call: c(987_654)) == ("not_found", 404)
        assert refusal(lambda: membership_end(actor=admin, membership_id=member)) == ("not_found", 404)
        call = lambda: account_grant(  # noqa: E731
            actor=admin, user_id=tenant_pair.a.people["risk_officer"].pk, account_id=tenant_pair.b.account_ids[0]
        )
        assert refusal(call) == ("not_found", 404)


def test_reset_takes_password_factors_and_sessions_away(house: House) -> None:
    officer = house.people["risk_officer"]
    browser = house.http("risk_officer")
    assert browser.get("/security/").status_code == 200
    UserSession.objects.create(user=officer, ip="10.0.0.1", user_agent="x", session_key=browser.session.session_key)
    with tenant_scope(tenant_id=house.tenant.pk):
        password = credentials_reset(actor=MAKER, user_id=officer.pk, reason="lost phone")
    officer.refresh_from_db()
    assert officer.check_password(password)
    assert officer.must_change_password
    assert Authenticator.objects.filter(user=officer).count() == 0
    assert browser.get("/security/").status_code == 302


def test_reset_is_refused_for_a_person_of_two_brokers(tenant_pair: Pair) -> None:
    officer = tenant_pair.a.people["risk_officer"]
    with tenant_scope(tenant_id=tenant_pair.b.tenant.pk):
        membership_create(actor=MAKER, user_id=officer.pk, role=RoleName.RISK_OFFICER)
    before = User.objects.get(pk=officer.pk).password
    with tenant_scope(tenant_id=tenant_pair.a.tenant.pk):
        call = lambda: credentials_reset(actor=MAKER, user_id=officer.pk)  # noqa: E731
        assert refusal(call) == ("sole_membership_only", 403)
    assert User.objects.get(pk=officer.pk).password == before


def test_ended_membership_opens_nothing(house: House) -> None:
    browser = house.http("risk_officer")
    with tenant_scope(tenant_id=house.tenant.pk):
        member = Membership.objects.get(user=house.people["risk_officer"])
        membership_end(actor=MAKER, membership_id=member.pk, reason="left")
        assert refusal(lambda: membership_end(actor=MAKER, membership_id=member.pk)) == ("conflict", 409)
    assert browser.get("/risk/").status_code == 403
    assert browser.get("/security/").status_code == 200


def test_officer_with_granted_reach_sees_granted_accounts_alone(house: House) -> None:
    officer, (first, second) = house.people["risk_officer"], house.account_ids
    assert actor(house, "risk_officer").account_ids is None
    with tenant_scope(tenant_id=house.tenant.pk):
        member = Membership.objects.get(user=officer)
        membership_reach_set(actor=MAKER, membership_id=member.pk, reach=Reach.GRANTED)
        account_grant(actor=MAKER, user_id=officer.pk, account_id=second)
    seen = actor(house, "risk_officer")
    assert (seen.account_ids, seen.own_account_ids) == (frozenset({second}), frozenset())
    assert (seen.can_see(first), seen.can_see(second), seen.can_trade(second)) == (False, True, False)
    with tenant_scope(tenant_id=house.tenant.pk):
        account_grant_end(actor=MAKER, user_id=officer.pk, account_id=second)
    assert actor(house, "risk_officer").account_ids == frozenset()


def test_agent_trades_the_account_granted_to_him(house: House) -> None:
    agent, foreign = house.people["investor_2"], house.account_ids[0]
    with tenant_scope(tenant_id=house.tenant.pk):
        account_grant(actor=MAKER, user_id=agent.pk, account_id=foreign, permission=TRADE)
    seen = actor(house, "investor_2")
    assert seen.own_account_ids == frozenset(house.account_ids)
    assert seen.can_trade(foreign)
    with tenant_scope(tenant_id=house.tenant.pk):
        account_grant_end(actor=MAKER, user_id=agent.pk, account_id=foreign)
    assert actor(house, "investor_2").can_trade(foreign) is False


def test_staff_get_no_right_to_trade(house: House) -> None:
    with tenant_scope(tenant_id=house.tenant.pk):
        officer, account_id = house.people["risk_officer"].pk, house.account_ids[0]
        call = lambda: account_grant(actor=MAKER, user_id=officer, account_id=account_id, permission=TRADE)  # noqa: E731
        assert refusal(call) == ("roles_clash", 409)


def test_client_number_is_unique_inside_a_tenant_only(tenant_pair: Pair) -> None:
    for house in (tenant_pair.a, tenant_pair.b):
        with tenant_scope(tenant_id=house.tenant.pk):
            client_create(actor=MAKER, number="8001", name="n")
            assert refusal(lambda: client_create(actor=MAKER, number="8001", name="n")) == ("conflict", 409)
            assert Client.objects.filter(number="8001").count() == 1
