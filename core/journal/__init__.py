"""What happened: rows, evidence, queries."""
