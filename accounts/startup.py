"""What the app connects once Django is ready."""

from django.db.models.signals import post_migrate


def connect() -> None:
    """Register the checks and connect the signals; doing it twice changes nothing."""
    from accounts.auth import signals
    from accounts.tenancy import checks, third_party

    checks.register_checks()
    signals.connect()
    post_migrate.connect(third_party.grant_tables, dispatch_uid="aurum_grant_tables")
