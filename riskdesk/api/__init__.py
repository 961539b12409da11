"""REST of the desk, under /api/v1/risk/."""
