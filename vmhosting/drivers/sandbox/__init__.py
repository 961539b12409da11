"""The default driver: process isolation by bubblewrap. Not a virtual machine, and the pages say so."""
