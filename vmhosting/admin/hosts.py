"""Hosts, plans, quotas and segments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.actor import Actor
from accounts.errors import not_found
from accounts.permissions import Right
from accounts.selectors.members import member_by_username
from portal.admin_base import AurumModelAdmin, Button, Done
from portal.lib.money import fen_to_text
from vmhosting import words
from vmhosting.choices import SegmentPurpose
from vmhosting.drivers.catalogue import drivers
from vmhosting.models import Address, Host, Plan, Quota, Segment
from vmhosting.placement import Size
from vmhosting.services.hosts import host_drain, host_register, plan_create, quota_set, segment_create
from vmhosting.services.sizes import CPU_MILLI, DISK_MIB, MEMORY_MIB


class SizeForm(forms.Form):
    """A size."""

    cpu_milli = forms.IntegerField(
        label=gettext_lazy("CPU, thousandths"), min_value=CPU_MILLI[0], max_value=CPU_MILLI[1]
    )
    memory_mib = forms.IntegerField(label=gettext_lazy("Memory, MiB"), min_value=MEMORY_MIB[0], max_value=MEMORY_MIB[1])
    disk_mib = forms.IntegerField(label=gettext_lazy("Disk, MiB"), min_value=DISK_MIB[0], max_value=DISK_MIB[1])


class HostForm(SizeForm):
    """A host with the capacity that machines may take, over-commit included."""

    name = forms.SlugField(label=gettext_lazy("Name"), max_length=40)
    room = forms.CharField(label=gettext_lazy("Room"), max_length=40, required=False)


class PlanForm(SizeForm):
    """A plan."""

    code = forms.SlugField(label=gettext_lazy("Code"), max_length=24)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=40)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=40)
    fee_month_fen = forms.IntegerField(label=gettext_lazy("Fee a month, fen"), min_value=0, max_value=10**9, initial=0)
    place = forms.IntegerField(label=gettext_lazy("Place in the list"), min_value=0, max_value=1000, initial=0)


class QuotaForm(forms.Form):
    """What one investor may have; without a login it is the rule for everybody else."""

    username = forms.CharField(label=gettext_lazy("Login"), max_length=150, required=False)
    machines_max = forms.IntegerField(label=gettext_lazy("Machines"), min_value=0, max_value=1000)
    cpu_milli_max = forms.IntegerField(label=gettext_lazy("CPU, thousandths"), min_value=0, max_value=10**6)
    memory_mib_max = forms.IntegerField(label=gettext_lazy("Memory, MiB"), min_value=0, max_value=10**7)


class SegmentForm(forms.Form):
    """A range of addresses."""

    cidr = forms.CharField(label=gettext_lazy("Range"), max_length=43)
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), choices=SegmentPurpose.choices)
    room = forms.CharField(label=gettext_lazy("Room"), max_length=40, required=False)


def _size(chosen: Mapping[str, Any]) -> Size:
    return Size(cpu_milli=chosen["cpu_milli"], memory_mib=chosen["memory_mib"], disk_mib=chosen["disk_mib"])


def _drain(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    host_drain(actor=actor, host_id=row.pk, draining=not row.draining)
    return Done(_("Saved."))


@admin.register(Host)
class HostAdmin(AurumModelAdmin):
    """Hosts with what they give away."""

    view_right = Right.HOST_VIEW
    add_right = Right.MACHINE_OPERATE
    add_form = HostForm
    list_display = ("name", "room", "driver", "cpu", "memory", "disk", "usable", "draining", "seen_at")
    list_filter = ("draining",)
    search_fields = ("name",)
    ordering = ("name",)
    buttons = (
        Button(
            name="drain",
            label=gettext_lazy("Take no new machines, or again"),
            right=Right.MACHINE_OPERATE,
            run=_drain,
        ),
    )

    @admin.display(description="CPU")
    def cpu(self, row: Host) -> str:
        """Used of total."""
        return f"{words.cpu(row.cpu_used_milli)} / {words.cpu(row.cpu_milli)}"

    @admin.display(description=gettext_lazy("Memory"))
    def memory(self, row: Host) -> str:
        """Used of total."""
        return f"{words.mib(row.memory_used_mib)} / {words.mib(row.memory_mib)}"

    @admin.display(description=gettext_lazy("Disk"))
    def disk(self, row: Host) -> str:
        """Used of total."""
        return f"{words.mib(row.disk_used_mib)} / {words.mib(row.disk_mib)}"

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Register a host under the one driver of this installation."""
        host_register(
            actor=actor, name=chosen["name"], room=chosen["room"], driver=next(iter(drivers())), size=_size(chosen)
        )
        return Done(_("Saved."))


@admin.register(Plan)
class PlanAdmin(AurumModelAdmin):
    """Plans on offer."""

    view_right = Right.HOST_VIEW
    add_right = Right.MACHINE_OPERATE
    add_form = PlanForm
    list_display = ("code", "name", "name_en", "size", "fee_month", "offered", "place")
    fields = list_display
    ordering = ("place", "id")

    @admin.display(description=gettext_lazy("Size"))
    def size(self, row: Plan) -> str:
        """The size in one line."""
        return words.size(row.cpu_milli, row.memory_mib, row.disk_mib)

    @admin.display(description=gettext_lazy("Fee a month"), ordering="fee_month_fen")
    def fee_month(self, row: Plan) -> str:
        """The fee in yuan."""
        return fen_to_text(row.fee_month_fen)

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Offer a plan, or change the one with this code."""
        plan_create(
            actor=actor,
            code=chosen["code"],
            name=chosen["name"],
            name_en=chosen["name_en"],
            size=_size(chosen),
            fee_month_fen=chosen["fee_month_fen"],
            place=chosen["place"],
        )
        return Done(_("Saved."))


@admin.register(Quota)
class QuotaAdmin(AurumModelAdmin):
    """What investors may have."""

    view_right = Right.HOST_VIEW
    add_right = Right.MACHINE_OPERATE
    add_form = QuotaForm
    list_display = ("__str__", "machines_max", "cpu_milli_max", "memory_mib_max")
    list_select_related = ("user",)
    ordering = ("id",)

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Set the quota of one login, or of everybody."""
        user_id = None
        if chosen["username"]:
            member = member_by_username(username=chosen["username"])
            if member is None:
                raise not_found()
            user_id = member.user_id
        quota_set(
            actor=actor,
            user_id=user_id,
            machines_max=chosen["machines_max"],
            cpu_milli_max=chosen["cpu_milli_max"],
            memory_mib_max=chosen["memory_mib_max"],
        )
        return Done(_("Saved."))


@admin.register(Segment)
class SegmentAdmin(AurumModelAdmin):
    """Ranges of addresses."""

    view_right = Right.NETWORK_VIEW
    add_right = Right.MACHINE_OPERATE
    add_form = SegmentForm
    list_display = ("cidr", "purpose", "room")
    ordering = ("cidr",)

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Enter a range."""
        segment_create(actor=actor, cidr=chosen["cidr"], purpose=chosen["purpose"], room=chosen["room"])
        return Done(_("Saved."))


@admin.register(Address)
class AddressAdmin(AurumModelAdmin):
    """Addresses given."""

    view_right = Right.NETWORK_VIEW
    list_display = ("ip", "machine", "account_id", "segment", "given_at")
    list_select_related = ("machine", "segment")
    ordering = ("ip",)
