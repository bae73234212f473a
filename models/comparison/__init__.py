"""Methods compared on the same folds."""
