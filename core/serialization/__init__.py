"""Converts snapshots, verdicts and any dataclass to JSON and back."""
