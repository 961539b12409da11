"""REST /api/v1 for people and back-office programs. High rates belong on the socket."""
