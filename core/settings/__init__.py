"""The tables of recipe.toml and config.toml."""
