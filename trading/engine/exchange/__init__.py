"""The exchange part: order book, matching, phases, price bands. Knows no money and no clients."""
