"""The report of a recipe: one HTML file that needs nothing else."""
