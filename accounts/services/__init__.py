"""Writes of this app: one function an act, each leaves its line in the audit."""
