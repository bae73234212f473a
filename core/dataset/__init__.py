"""What a recipe has been taught."""
