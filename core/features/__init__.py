"""Sample to array."""
