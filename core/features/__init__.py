"""Compute feature arrays from pictures and sound."""
