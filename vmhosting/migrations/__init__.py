"""Schema of the hosting app."""
