"""Sockets of the machine pages."""
