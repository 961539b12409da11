"""The sign-in form."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm as StockLoginForm
from django.conf import settings


class LoginForm(StockLoginForm):
    """Offers the way back by e-mail only where this installation can send any."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not getattr(settings, "EMAIL_HOST_USER", ""):
            self.fields["password"].help_text = ""
