"""The settings in recipe.toml and config.toml: defaults, checks and explanations."""
