"""Enumerations stored in the tables of this app."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TenantKind(models.TextChoices):
    """A broker, or the house that carries the simulated participants and the platform's own acts."""

    BROKER = "broker", _("Broker")
    HOUSE = "house", _("House")


class TenantStatus(models.TextChoices):
    """A suspended tenant's people can not sign in to it; nothing of it is deleted."""

    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")


class RoleName(models.TextChoices):
    """Roles a membership gives inside one tenant."""

    INVESTOR = "investor", _("Investor")
    RISK_OFFICER = "risk_officer", _("Risk officer")
    BACK_OFFICE_MAKER = "back_office_maker", _("Back-office maker")
    BACK_OFFICE_CHECKER = "back_office_checker", _("Back-office checker")
    SERVER_ADMIN = "server_admin", _("Server administrator")
    NETWORK_ADMIN = "network_admin", _("Network administrator")
    BROKER_ADMIN = "broker_admin", _("Broker administrator")


class MembershipStatus(models.TextChoices):
    """An ended membership stays as a record and opens nothing."""

    ACTIVE = "active", _("Active")
    ENDED = "ended", _("Ended")


class Reach(models.TextChoices):
    """Whether staff see every account of the tenant, or only the accounts granted to them one by one."""

    ALL = "all", _("All accounts")
    GRANTED = "granted", _("Granted accounts only")


class ClientKind(models.TextChoices):
    """What a broker's customer is in law."""

    NATURAL = "natural", _("Natural person")
    INSTITUTION = "institution", _("Institution")


class ClientStatus(models.TextChoices):
    """The state of the customer relation; trading state lives on the money account."""

    ACTIVE = "active", _("Active")
    CLOSED = "closed", _("Relation ended")


class KeyScope(models.TextChoices):
    """What a key may do; moving money is in no scope."""

    READ = "read", _("Read")
    TRADE = "trade", _("Trade")
    MACHINE = "machine", _("Own machine")


class KeyPurpose(models.TextChoices):
    """Who carries the key."""

    PERSON = "person", _("Personal")
    MACHINE = "machine", _("Strategy machine")


class Theme(models.TextChoices):
    """Colour theme of the pages."""

    DARK = "dark", _("Dark")
    LIGHT = "light", _("Light")
    AUTO = "auto", _("As the device")


class UpDown(models.TextChoices):
    """Which colour a rising price takes."""

    RED_UP = "red-up", _("Red rises, green falls")
    GREEN_UP = "green-up", _("Green rises, red falls")


class Language(models.TextChoices):
    """Languages of the pages."""

    ZH_HANS = "zh-hans", "简体中文"
    EN = "en", "English"
