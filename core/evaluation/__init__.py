"""Measures how well a model or a method separates good samples from defective ones."""
