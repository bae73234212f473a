"""Compares methods on the same folds."""
