"""How the image methods learn."""
