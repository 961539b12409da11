"""What must hold in the query tables at every journal number, asked of the database alone."""
