"""Other implementations of the station interface: deferred, remote, and without a recipe."""
