"""Commands of the hosting app."""
