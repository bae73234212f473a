"""A recipe: the folder and the settings of one part number."""
