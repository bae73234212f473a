"""Array and bundle to scores, on numpy and LiteRT alone."""
