"""Scores to thresholds and verdicts."""
