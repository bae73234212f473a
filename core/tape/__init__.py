"""Recordings of a station: every event with its time, to be replayed."""
