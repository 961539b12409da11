"""Simulated participants: market makers and noise around a reference path, ordinary clients of the core."""
