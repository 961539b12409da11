"""The four walls between tenants: declared scope, raising managers, row policies, server-built names."""
