"""Atomic files, child processes, the clock, and libraries that need special handling."""
