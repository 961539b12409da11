"""What a person chooses for a new key."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.auth import keys
from accounts.choices import KeyScope


class ApiKeyForm(forms.Form):
    """Label, scopes, addresses, accounts, and what happens when its connection breaks."""

    label = forms.CharField(label=_("Label"), max_length=60)
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"), choices=KeyScope.choices, initial=[KeyScope.READ], widget=forms.CheckboxSelectMultiple
    )
    account_ids = forms.TypedMultipleChoiceField(
        label=_("Accounts"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all your accounts, also later ones."),
    )
    allowed_networks = forms.CharField(
        label=_("Allowed addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One address or network a line, for example 10.8.0.0/24. Empty: any address."),
    )
    cancel_on_disconnect_s = forms.IntegerField(
        label=_("Cancel working orders after a broken connection, seconds"),
        required=False,
        min_value=3,
        max_value=300,
        help_text=_("3 to 300; empty: never."),
    )

    def __init__(self, *args: Any, own_account_ids: frozenset[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["account_ids"]
        chosen.choices = [(i, str(i)) for i in sorted(own_account_ids)]  # type: ignore[attr-defined]
        if not own_account_ids:
            del self.fields["account_ids"]

    def clean_allowed_networks(self) -> list[str]:
        """Return the networks in canonical form."""
        found = []
        for text in self.cleaned_data["allowed_networks"].replace(",", "\n").split():
            try:
                found.append(keys.parse_network(text))
            except ValueError:
                raise forms.ValidationError(
                    _("%(value)s is not an address or network."), params={"value": text}
                ) from None
        return found

    def clean_account_ids(self) -> list[int] | None:
        """Return the chosen accounts, or None for all."""
        return self.cleaned_data["account_ids"] or None
