"""The demo's people, money and contracts: made through the same services that a real broker's day uses."""
