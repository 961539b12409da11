"""Start-up checks of the walls."""


def register_checks() -> None:
    """Register with Django's check framework."""
