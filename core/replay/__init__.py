"""Judges recorded tapes again."""
