"""Recordings of a bench."""
