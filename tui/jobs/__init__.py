"""Work that screens start in the background."""
