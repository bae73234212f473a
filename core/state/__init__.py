"""What a station publishes."""
