"""Inspects parts one by one: detects a part in place, gives it a verdict, counts the parts of a shift."""
