"""The JSON of the doors: one set of words and shapes for REST and for the socket. Pure: no Django, no I/O."""
