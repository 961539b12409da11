"""Recordings that others made, fed to the engine: they judge it, not we."""
