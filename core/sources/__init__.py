"""Where samples come from: cameras, files, the simulated bench."""
