"""Detectors of pictures."""
