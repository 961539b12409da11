"""Machines for investors' strategies: requests, placement, hosts, drivers, the network they live in."""
