"""What the engine raises: only for the impossible, never for anything a caller can send."""


class EngineBrokenError(Exception):
    """A rule that cannot break has broken. The process must stop: a wrong balance is worse than no service."""
