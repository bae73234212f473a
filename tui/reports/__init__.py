"""Reports: HTML pages, SVG drawings and tables."""
