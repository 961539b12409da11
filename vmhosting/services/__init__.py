"""Everything that changes a machine or what it stands on. One call, one transaction, one audit entry."""
