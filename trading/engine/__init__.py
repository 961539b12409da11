"""The engine: counter and exchange as one deterministic function. No Django, no clock, no I/O, no randomness."""
