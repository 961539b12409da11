"""The product as a person starts it: real processes, real sockets, one machine."""
