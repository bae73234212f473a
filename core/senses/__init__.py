"""What the station perceives with: eyes and ears, each with its source, its model and its own verdict."""
