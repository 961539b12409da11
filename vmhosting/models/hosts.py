"""What machines stand on: hosts, plans, quotas, segments and addresses."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import AccountModel, GlobalModel, TenantModel
from vmhosting.choices import SegmentPurpose


class HostedTenant(GlobalModel):
    """The numbers of tenants that have hosts: all the reconciler needs to know whom to look after.

    Its database role sees no list of tenants, and nothing but a number stands here.
    """

    tenant_number = models.BigIntegerField(primary_key=True)

    class Meta:
        db_table = "vmhosting_hosted_tenant"

    def __str__(self) -> str:
        return str(self.tenant_number)


class Host(TenantModel):
    """A computer that carries machines. Capacity counts over-commit; `used` is the sum of what is given away.

    The database refuses more than there is: the second place where the invariant is checked.
    """

    name = models.CharField(_("name"), max_length=40)
    room = models.CharField(_("room"), max_length=40, blank=True)
    driver = models.CharField(_("driver"), max_length=16)
    cpu_milli = models.PositiveIntegerField(_("CPU, thousandths"))
    memory_mib = models.PositiveIntegerField(_("memory, MiB"))
    disk_mib = models.PositiveIntegerField(_("disk, MiB"))
    cpu_used_milli = models.PositiveIntegerField(default=0, editable=False)
    memory_used_mib = models.PositiveIntegerField(default=0, editable=False)
    disk_used_mib = models.PositiveIntegerField(default=0, editable=False)
    draining = models.BooleanField(_("takes no new machines"), default=False)
    usable = models.BooleanField(default=True, editable=False)
    problem = models.CharField(max_length=300, blank=True, editable=False)
    remedy = models.CharField(max_length=300, blank=True, editable=False)
    limits = models.CharField(max_length=16, blank=True, editable=False)
    limits_note = models.CharField(max_length=300, blank=True, editable=False)
    isolation = models.CharField(max_length=16, blank=True, editable=False)
    seen_at = models.DateTimeField(null=True, editable=False)

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name = _("host")
        verbose_name_plural = _("hosts")
        constraints = (
            models.UniqueConstraint(fields=("tenant", "name"), name="vmhosting_host_name"),
            models.CheckConstraint(
                condition=models.Q(cpu_used_milli__lte=models.F("cpu_milli"))
                & models.Q(memory_used_mib__lte=models.F("memory_mib"))
                & models.Q(disk_used_mib__lte=models.F("disk_mib")),
                name="vmhosting_host_not_overfull",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Plan(TenantModel):
    """A size investors can choose."""

    code = models.SlugField(_("code"), max_length=24)
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=40)
    cpu_milli = models.PositiveIntegerField(_("CPU, thousandths"))
    memory_mib = models.PositiveIntegerField(_("memory, MiB"))
    disk_mib = models.PositiveIntegerField(_("disk, MiB"))
    fee_month_fen = models.PositiveIntegerField(_("fee a month, fen"), default=0)
    offered = models.BooleanField(_("offered"), default=True)
    place = models.PositiveSmallIntegerField(_("place in the list"), default=0)

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ("place", "id")
        constraints = (models.UniqueConstraint(fields=("tenant", "code"), name="vmhosting_plan_code"),)

    def __str__(self) -> str:
        return self.name


class Quota(TenantModel):
    """How much one investor may have; the row without a user is the tenant's rule for everybody else."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("user"),
    )
    machines_max = models.PositiveSmallIntegerField(_("machines"))
    cpu_milli_max = models.PositiveIntegerField(_("CPU, thousandths"))
    memory_mib_max = models.PositiveIntegerField(_("memory, MiB"))

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name = _("quota")
        verbose_name_plural = _("quotas")
        constraints = (
            models.UniqueConstraint(fields=("tenant", "user"), nulls_distinct=False, name="vmhosting_quota_user"),
        )

    def __str__(self) -> str:
        return str(self.user or _("everybody"))


class Segment(TenantModel):
    """A range of addresses."""

    cidr = models.CharField(_("range"), max_length=43)
    purpose = models.CharField(_("purpose"), max_length=12, choices=SegmentPurpose.choices)
    room = models.CharField(_("room"), max_length=40, blank=True)

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        constraints = (models.UniqueConstraint(fields=("tenant", "cidr"), name="vmhosting_segment_cidr"),)

    def __str__(self) -> str:
        return self.cidr


class Address(AccountModel):
    """One address given to one machine; the row goes when the machine goes."""

    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="+")
    ip = models.GenericIPAddressField(_("address"))
    machine = models.OneToOneField("vmhosting.Machine", on_delete=models.PROTECT, related_name="address")
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta(AccountModel.Meta):
        abstract = False
        constraints = (models.UniqueConstraint(fields=("tenant", "ip"), name="vmhosting_address_once"),)

    def __str__(self) -> str:
        return self.ip
