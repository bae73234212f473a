"""Numerical and conversion code that several methods share."""
