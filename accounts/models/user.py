"""A user is a login. Users belong to no tenant; what they may do there is a membership."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.choices import Language, Theme, UpDown
from accounts.tenancy.models import ScopeName


class User(AbstractUser):
    """A login with its taste in language and colours."""

    aurum_scope: ClassVar[ScopeName] = "global"

    language = models.CharField(_("language"), max_length=8, choices=Language.choices, default=Language.ZH_HANS)
    # Empty until chosen: then each layout has a default of its own, dark for desks and light for paper.
    theme = models.CharField(_("theme"), max_length=8, choices=Theme.choices, blank=True, default="")
    updown = models.CharField(_("rising colour"), max_length=8, choices=UpDown.choices, default=UpDown.RED_UP)
    is_platform_operator = models.BooleanField(_("platform operator"), default=False)
    must_change_password = models.BooleanField(_("must change password"), default=False)

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = (
            # A superuser would pass every permission check of Django itself; nobody is one here.
            models.CheckConstraint(condition=models.Q(is_superuser=False), name="accounts_user_no_superuser"),
        )

    @property
    def shown_name(self) -> str:
        """Return the name a page greets the person with."""
        return self.get_full_name() or self.username
