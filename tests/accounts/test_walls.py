"""The start-up checks: what is undeclared, raises nowhere or stands open is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import models

from accounts.tenancy import checks, names, third_party
from accounts.tenancy.context import tenant_scope
from accounts.tenancy.models import GlobalModel, TenantModel
from portal.lib.errors import InvariantBroken


def _model_ids() -> list[str | None]:
    """Return the ids of what is wrong with models; tables of models that are patched away do not count."""
    return [message.id for message in checks.check_models(None) if message.id != "accounts.E003"]


def test_installation_as_it_is_has_no_breach(db: None) -> None:
    assert run_checks(include_deployment_checks=False, databases=["default"]) == []


def test_model_without_a_scope_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Undeclared(models.Model):
        class Meta:
            app_label = "accounts"
            managed = False

    try:
        monkeypatch.setattr(checks.catalogue, "our_models", lambda: [Undeclared])
        assert _model_ids() == ["accounts.E001"]
    finally:
        del apps.all_models["accounts"]["undeclared"]
        apps.clear_cache()


def test_manager_that_answers_without_a_scope_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Open(TenantModel):
        objects = models.Manager()

        class Meta(TenantModel.Meta):
            app_label = "accounts"
            managed = False
            abstract = False

    class Lying(GlobalModel):
        aurum_scope = "tenant"

        class Meta:
            app_label = "accounts"
            managed = False

    try:
        monkeypatch.setattr(checks.catalogue, "our_models", lambda: [Open, Lying])
        assert _model_ids() == ["accounts.E005", "accounts.E004"]
    finally:
        for name in ("open", "lying"):
            del apps.all_models["accounts"][name]
        apps.clear_cache()


def test_third_party_table_nobody_decided_about_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name: rights for name, rights in third_party.TABLES.items() if name != "mfa_authenticator"}
    monkeypatch.setattr(checks, "TABLES", known)
    assert [message.msg for message in checks.check_models(None)] == [
        "nobody has decided what the web role may do with the table mfa_authenticator"
    ]


def test_names_carry_their_tenant_and_nothing_else(tmp_path: Path) -> None:
    assert names.group_name("machines", 3, 17) == "machines.t3.17"
    assert names.cache_key("depth", 3, "a") == "aurum:t3:depth:a"
    assert names.tenant_path(tmp_path, kind="statements", tenant_id=3, name="a.pdf") == tmp_path / "t3/statements/a.pdf"
    assert [names.tenant_of(name) for name in ("machines.t3.17", "aurum:t4:x", "everybody", "t5")] == [3, 4, None, 5]


@pytest.mark.parametrize("part", ["../x", "a.t4", "", "a b", "x" * 41, "a:b", "a\n"])
def test_names_refuse_parts_that_could_break_out(part: str) -> None:
    with pytest.raises(InvariantBroken):
        names.group_name("machines", 3, part)
    with pytest.raises(InvariantBroken):
        names.cache_key("machines", 3, part)


@pytest.mark.parametrize("name", ["../x", "..", "a/b", "", ".hidden", "a\x00"])
def test_paths_stay_inside_the_tenants_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvariantBroken):
        names.tenant_path(tmp_path, kind="statements", tenant_id=3, name=name)


@pytest.mark.parametrize("tenant_id", [0, -1, True, "3", None])
def test_names_refuse_what_is_no_tenant(tenant_id: object) -> None:
    with pytest.raises(InvariantBroken):
        names.group_name("machines", tenant_id)  # type: ignore[arg-type]


def test_scope_refuses_what_is_no_number(db: None) -> None:
    with pytest.raises(ValueError, match="invalid literal"), tenant_scope(tenant_id="1; drop table x"):  # type: ignore[arg-type]
        pass
