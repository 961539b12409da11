"""Who: the models of the app."""

from accounts.models.users import User

__all__ = ["User"]
