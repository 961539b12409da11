"""The core: one process that orders all commands, applies them, journals them and only then answers."""
