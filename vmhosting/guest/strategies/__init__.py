"""Strategies shipped with every machine. A strategy file offers one class `Strategy`."""
