"""Puts our admin site in the place of the stock one."""

from django.contrib.admin.apps import AdminConfig


class AurumAdminConfig(AdminConfig):
    """The stock app with our site; the site is imported only when it is first asked for."""

    default_site = "portal.admin_site.AurumAdminSite"
