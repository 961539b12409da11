"""Trading: engine, core, books, doors, market data."""
