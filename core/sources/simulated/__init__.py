"""The simulated bench: pictures and sound of parts that do not exist."""
