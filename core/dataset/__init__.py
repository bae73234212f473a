"""The material of a recipe: good and defective samples, and their review."""
