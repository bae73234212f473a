"""The journal: events as rows in SQLite, evidence files of anomalies, queries and exports."""
