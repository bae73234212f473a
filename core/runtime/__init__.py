"""Files, processes, clocks and the libraries that need special handling."""
