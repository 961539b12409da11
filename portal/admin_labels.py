"""Names of the admin's columns and models that their models leave to Django, in words a reader understands.

Django derives "observed cpu milli" from a name; no language has that word and no catalogue. The table gives
such a field its label wherever it stands; `tests/portal/test_admin_labels.py` fails for one that is missing.
"""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Field, Model
from django.utils.translation import gettext_lazy as _

_FIELDS: Final[dict[str, Any]] = {
    "account_id": _("account"),
    "acknowledged_at": _("acknowledged at"),
    "acknowledged_by": _("acknowledged by"),
    "action": _("action"),
    "actor": _("actor"),
    "alert": _("alert"),
    "asked_by": _("asked by"),
    "attempts": _("attempts"),
    "cancel_on_disconnect": _("cancel on disconnect"),
    "confirmed_by": _("confirmed by"),
    "count": _("times"),
    "cpu_milli": _("CPU (thousandths)"),
    "created_at": _("created at"),
    "decided_at": _("decided at"),
    "decided_by": _("decided by"),
    "disk_mib": _("disk (MiB)"),
    "ended_at": _("ended at"),
    "error": _("error"),
    "facts": _("facts"),
    "fault": _("fault"),
    "figures": _("figures"),
    "first_seq": _("first journal number"),
    "generation": _("generation"),
    "given_at": _("given at"),
    "hash": _("hash"),
    "host": _("host"),
    "id": _("number"),
    "journal_seq": _("journal number"),
    "kind": _("kind"),
    "last_seq": _("last journal number"),
    "level": _("lasting condition"),
    "life_since": _("in this state since"),
    "machine": _("machine"),
    "memory_mib": _("memory (MiB)"),
    "n": _("posting of the command"),
    "needs_restart": _("needs a restart"),
    "next_try_at": _("next try at"),
    "note": _("note"),
    "number": _("number"),
    "observed_at": _("observed at"),
    "observed_cpu_milli": _("observed CPU (thousandths)"),
    "observed_detail": _("observed detail"),
    "observed_disk_mib": _("observed disk (MiB)"),
    "observed_generation": _("observed generation"),
    "observed_memory_mib": _("observed memory (MiB)"),
    "observed_power": _("observed power"),
    "owner": _("owner"),
    "parameters": _("parameters"),
    "parameters_version": _("version of the parameters"),
    "prev_hash": _("hash of the entry before"),
    "reason": _("reason"),
    "repaired_at": _("repaired at"),
    "repairs": _("repairs"),
    "requested_at": _("requested at"),
    "requested_by": _("requested by"),
    "rows": _("rows of the plan"),
    "rule": _("rule"),
    "seen_at": _("seen at"),
    "segment": _("segment"),
    "severity": _("severity"),
    "started_at": _("started at"),
    "state": _("state"),
    "step": _("step"),
    "step_since": _("in this step since"),
    "strategy": _("strategy"),
    "tenant_id": _("broker"),
    "trail": _("course"),
    "trigger_seq": _("journal number of the trigger"),
    "usable": _("usable"),
    "user": _("user"),
    "wanted_power": _("wanted power"),
}
_MODELS: Final[dict[str, tuple[Any, Any]]] = {
    "vmhosting.Address": (_("address"), _("addresses")),
    "vmhosting.Operation": (_("operation"), _("operations")),
    "riskdesk.Alert": (_("alert"), _("alerts")),
    "riskdesk.AlertNote": (_("alert note"), _("alert notes")),
}


def name_the_unnamed(model: type[Model]) -> None:
    """Give a model and those of its fields that have no name of their own the table's; migrations see nothing of it."""
    names = _MODELS.get(model._meta.label)
    if names is not None:
        model._meta.verbose_name, model._meta.verbose_name_plural = names
    for field in model._meta.fields:
        if _unnamed(field) and field.name in _FIELDS:
            field.verbose_name = _FIELDS[field.name]


def _unnamed(field: Field[Any, Any]) -> bool:
    # Only the argument as it was given tells a name from a derived one; migrations compare the same attribute.
    return getattr(field, "_verbose_name", None) is None
