"""HTTP routes of the app, relative to the root of the site."""

from django.urls import path

from accounts.api import views as api
from accounts.views import security, tenants

urlpatterns = [
    path("security/", security.security, name="security"),
    path("security/keys/new/", security.KeyCreate.as_view(), name="key-create"),
    path("security/keys/<int:key_id>/revoke/", security.key_revoke, name="key-revoke"),
    path("security/sessions/<int:session_id>/end/", security.session_close, name="session-end"),
    path("security/sessions/end-others/", security.sessions_close_others, name="sessions-end-others"),
    path("tenant/switch/", tenants.tenant_switch, name="tenant-switch"),
    path("operator/enter/", tenants.OperatorEnter.as_view(), name="operator-enter"),
    path("operator/leave/", tenants.operator_exit, name="operator-leave"),
    path("api/v1/me", api.Me.as_view(), name="api-me"),
    path("api/v1/api-keys", api.ApiKeyList.as_view(), name="api-keys"),
    path("api/v1/api-keys/<str:key>", api.ApiKeyDetail.as_view(), name="api-key"),
]
