"""The station: joins pipelines, inspection and journal, and publishes snapshots."""
