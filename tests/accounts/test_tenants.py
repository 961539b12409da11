"""Tenants: made, suspended, switched between, entered by operators."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.choices import RoleName
from accounts.models import AuditEntry, OperatorEntry, Tenant, User
from accounts.services.people import membership_create
from accounts.tenancy.context import tenant_scope
from portal.lib.paths import REPOSITORY
from tests.plugins.processes import Processes
from tests.world import MAKER, Pair

pytestmark = pytest.mark.django_db(databases=["default", "owner"], transaction=True)


def operator_of(pair: Pair) -> HttpClient:
    """Return the operator's browser."""
    browser = HttpClient()
    browser.force_login(pair.operator, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def test_operator_makes_a_broker_in_the_admin(tenant_pair: Pair) -> None:
    form = {"code": "third", "name": "第三期货", "name_en": "Third", "admin_username": "third-admin"}
    page = operator_of(tenant_pair).post("/admin/accounts/tenant/add/", form)
    assert page.status_code == 200
    made = Tenant.objects.using("owner").get(code="third")
    admin = User.objects.get(username="third-admin")
    browser = HttpClient()
    browser.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    facts = browser.get("/api/v1/me")
    assert facts.status_code == 302 or facts.json()["code"] == "mfa_required"
    with tenant_scope(tenant_id=made.pk):
        assert [act.action for act in AuditEntry.objects.order_by("number")] == [
            "tenant.create",
            "user.create",
            "membership.create",
        ]


def test_suspended_broker_opens_for_nobody(tenant_pair: Pair) -> None:
    operator, investor = operator_of(tenant_pair), tenant_pair.a.http("investor")
    path = f"/admin/accounts/tenant/{tenant_pair.a.tenant.pk}/act/suspend/"
    assert operator.post(path, {"reason": "court order"}).status_code == 302
    assert investor.get("/api/v1/me").status_code == 403
    assert HttpClient().get("/api/v1/me", headers=tenant_pair.a.bearer()).status_code == 401
    assert tenant_pair.b.http("investor").get("/api/v1/me").status_code == 200
    assert operator.post(path.replace("suspend", "resume"), {"reason": "lifted"}).status_code == 302
    assert investor.get("/api/v1/me").status_code == 200


def test_person_of_two_brokers_switches_between_them(tenant_pair: Pair) -> None:
    officer = tenant_pair.a.people["risk_officer"]
    with tenant_scope(tenant_id=tenant_pair.b.tenant.pk):
        membership_create(actor=MAKER, user_id=officer.pk, role=RoleName.RISK_OFFICER)
    browser = tenant_pair.a.http("risk_officer")
    assert browser.get("/api/v1/me").json()["tenant"] == "broker-a"
    assert browser.post("/tenant/switch/", {"tenant_id": tenant_pair.b.tenant.pk}).status_code == 302
    assert browser.get("/api/v1/me").json()["tenant"] == "broker-b"


@pytest.mark.parametrize("wanted", ["foreign", "random", "nonsense", ""])
def test_nobody_switches_into_a_broker_that_is_not_his(tenant_pair: Pair, wanted: str) -> None:
    ids = {"foreign": str(tenant_pair.b.tenant.pk), "random": "987654"}
    browser = tenant_pair.a.http("investor")
    assert browser.post("/tenant/switch/", {"tenant_id": ids.get(wanted, wanted)}).status_code == 404
    assert browser.get("/api/v1/me").json()["tenant"] == "broker-a"


def test_operator_is_inside_one_tenant_at_a_time(tenant_pair: Pair) -> None:
    browser = operator_of(tenant_pair)
    for house in (tenant_pair.a, tenant_pair.b):
        form = {"tenant_id": house.tenant.pk, "reason": "ticket", "minutes": 5}
        assert browser.post("/operator/enter/", form).status_code == 302
        assert browser.get("/api/v1/me").json()["tenant"] == house.tenant.code
    entries = OperatorEntry.unscoped.using("owner").order_by("id")
    assert [entry.left_at is None for entry in entries] == [False, True]


def test_operators_entry_runs_out(tenant_pair: Pair) -> None:
    browser = operator_of(tenant_pair)
    browser.post("/operator/enter/", {"tenant_id": tenant_pair.a.tenant.pk, "reason": "ticket", "minutes": 5})
    OperatorEntry.unscoped.using("owner").update(expires_at=timezone.now() - timedelta(seconds=1))
    assert browser.get("/api/v1/me").status_code == 403


@pytest.mark.parametrize("form", [{"reason": "", "minutes": 5}, {"reason": "x", "minutes": 121}, {"reason": "x"}])
def test_operator_says_why_and_how_long(tenant_pair: Pair, form: dict[str, object]) -> None:
    answer = operator_of(tenant_pair).post("/operator/enter/", {"tenant_id": tenant_pair.a.tenant.pk, **form})
    assert answer.status_code == 400
    assert OperatorEntry.unscoped.using("owner").count() == 0


def test_house_is_entered_by_nobody_as_a_broker(tenant_pair: Pair) -> None:
    from accounts.models import HOUSE_TENANT_ID

    page = operator_of(tenant_pair).get("/operator/enter/").content.decode()
    assert f'value="{tenant_pair.a.tenant.pk}"' in page
    assert f'value="{HOUSE_TENANT_ID}"' not in page


def test_command_prints_one_line_of_json(tenant_pair: Pair, processes: Processes) -> None:
    done = _command(
        processes, "fourth", "第四期货", "--admin", "fourth-admin", "--operator", "op-4", "--operator", "op-5", "--json"
    )
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    made = json.loads(done.stdout)
    assert [user["role"] for user in made["users"]] == ["broker_admin", "platform_operator", "platform_operator"]
    assert User.objects.get(username="fourth-admin").check_password(made["users"][0]["password"])
    assert all(User.objects.get(username=name).is_platform_operator for name in ("op-4", "op-5"))


def test_command_names_what_is_taken(tenant_pair: Pair, processes: Processes) -> None:
    done = _command(processes, "broker-a", "x", "--admin", "fifth-admin")
    assert done.returncode != 0
    assert "conflict: This tenant code is taken." in done.stderr
    assert User.objects.filter(username="fifth-admin").count() == 0


def _command(processes: Processes, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own: it works under the owner's role, which this process may not take."""
    command = [sys.executable, str(REPOSITORY / "manage.py"), "tenant_create", *arguments]
    return subprocess.run(command, env=processes.environment, capture_output=True, text=True, timeout=60)
