"""Judges a recorded tape again."""
