"""Reads of this app. Each runs inside the scope of its caller and returns only what that scope shows."""

from accounts.selectors.accounts import accounts_granted_to, accounts_held_by, accounts_visible_to

__all__ = ["accounts_granted_to", "accounts_held_by", "accounts_visible_to"]
