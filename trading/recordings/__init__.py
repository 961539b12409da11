"""Recordings of every order of a real market, played through the engine as its judge.

A format's reader turns a file into packets of records; `foresight` finds what only a look ahead can tell; `replay`
plays the packets as ordinary commands and `judge` compares what the engine did with what the exchange had done.
"""
