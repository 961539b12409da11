"""Days of the past, played through the engine and the desk's rules, told as a table."""
