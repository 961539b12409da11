"""The only code of this app that uses an administrator's rights. Everything in it is a closed, named act.

Process isolation needs no standing privilege: as an ordinary user nothing here does anything. Started as root, the
reconciler uses two acts: it gives each machine an unprivileged uid of its own (`rights`), and it puts the machine
into control groups below its own (`cgroups`).
"""
