"""Compute the scores of pictures and sound from a bundle, with NumPy and LiteRT only."""
