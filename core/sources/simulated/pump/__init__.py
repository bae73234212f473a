"""The drawn pump body."""
