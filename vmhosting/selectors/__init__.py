"""Reads of the hosting app."""
