"""When contracts trade: a calendar that is data, pure functions over it, and the commands that follow from it."""
