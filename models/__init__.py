"""How models learn and how networks become LiteRT files. Training runs in a separate process."""
