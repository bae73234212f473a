"""How the sound methods learn."""
