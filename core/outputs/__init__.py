"""Where verdicts and events go beside screen and journal: other machines of the line."""
