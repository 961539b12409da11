"""Pages of the hosting app."""
