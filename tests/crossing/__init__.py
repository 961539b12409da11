"""The crossing test: everything that exists is found by asking, and tried from tenant A against tenant B."""
