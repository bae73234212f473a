"""HTML, SVG and tables."""
