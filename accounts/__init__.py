"""Who: tenants, users, memberships, clients, keys, audit, and the walls between tenants."""
