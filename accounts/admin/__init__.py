"""Admin pages of people and tenants. Third-party pages are taken off: they list users of every tenant."""

from django.contrib import admin

from accounts.admin import audit, clients, keys, logins, memberships, tenants, users  # noqa: F401
from accounts.tenancy.catalogue import OUR_APPS

for _model in list(admin.site._registry):
    if _model._meta.app_label not in OUR_APPS:
        admin.site.unregister(_model)
