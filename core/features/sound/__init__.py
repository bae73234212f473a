"""Sound to arrays."""
