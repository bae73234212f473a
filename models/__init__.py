"""The networks: how they learn and how they become LiteRT files. Learning runs in a process of its own."""
