"""Parts that several methods use to learn."""
