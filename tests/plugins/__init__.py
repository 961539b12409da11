"""Parts of the test session, one concern a file."""
