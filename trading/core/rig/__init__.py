"""What chaos runs and benchmarks share: a small market, orders that trade, a client that sends them."""
