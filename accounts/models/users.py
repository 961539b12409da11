"""A login."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person who signs in; what he may do hangs on his memberships."""
