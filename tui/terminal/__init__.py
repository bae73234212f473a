"""The terminal: its capabilities, and drawing on it."""
