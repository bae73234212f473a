"""Applies trained models to live samples and to files."""
