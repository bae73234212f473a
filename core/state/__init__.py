"""The state that a station publishes, as frozen dataclasses without NumPy."""
