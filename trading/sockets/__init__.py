"""The trading socket /ws/v1: a raw ASGI application; no Django and no task on the path of an order."""
