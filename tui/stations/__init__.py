"""Stations that answer like core's."""
