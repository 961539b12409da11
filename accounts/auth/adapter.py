"""Our answers to the questions allauth asks."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.auth.client_ip import request_ip


class AccountAdapter(DefaultAccountAdapter):
    """People are made by their broker, addresses are read as everywhere else, failed tries count by name alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody opens a login for himself: a login without a broker opens nothing."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address as the rest of the portal sees it."""
        return request_ip(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # The stock key holds the host name, so that trying through a second host name would count anew,
        # and nobody could unlock without knowing which one was used.
        return attempts_key(str(credentials.get("username") or credentials.get("email") or ""))


def attempts_key(username: str) -> str:
    """Return the key under which failed tries of one name are counted."""
    return f"login:{username.strip().lower()}"
