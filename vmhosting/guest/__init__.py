"""What goes into a machine: the agent, the runner, the SDK, sample strategies. Standard library only.

Never imported by the server. Inside a machine this folder is `/opt/aurum/guest`, read-only.
"""
