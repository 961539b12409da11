"""The counter part (柜台): pre-trade checks, margin, fees, positions, money. Knows no order book."""
