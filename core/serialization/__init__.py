"""Snapshots, verdicts and any dataclass as JSON."""
