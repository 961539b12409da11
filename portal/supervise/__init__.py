"""Runs the portal's processes on one machine: starts them in order, restarts with back-off, stops them cleanly."""
