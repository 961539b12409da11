"""What a platform operator says before entering a tenant."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.services.tenants import ENTRY_MINUTES_MAX


class OperatorEnterForm(forms.Form):
    """Which tenant, why, how long."""

    tenant_id = forms.TypedChoiceField(label=_("Broker"), coerce=int)
    reason = forms.CharField(label=_("Reason"), max_length=200)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=ENTRY_MINUTES_MAX, initial=30)

    def __init__(self, *args: object, tenants: list[tuple[int, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["tenant_id"].choices = tenants  # type: ignore[attr-defined]
