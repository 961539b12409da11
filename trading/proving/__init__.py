"""Proof by random life: seeded commands, an independent slow model, crashes on a journal in memory."""
