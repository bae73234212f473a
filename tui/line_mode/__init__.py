"""The dashboard for terminals that only print lines."""
