"""Everything that changes something in trading: one call a view, checked, audited, carried out by the core."""
