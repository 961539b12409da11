"""Drivers make machines real on a host. They know no database: they are told a spec and they report what is."""
