"""The folder of one part number."""
