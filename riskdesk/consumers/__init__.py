"""Sockets of the desk."""
