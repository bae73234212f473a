"""AMULET's DCGAN, kept for comparison with the other sound methods."""
