"""Derives thresholds from scores, and verdicts from scores and thresholds."""
