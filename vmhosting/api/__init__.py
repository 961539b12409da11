"""REST of machines, under /api/v1/machines."""
