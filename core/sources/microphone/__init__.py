"""Sound from devices and files."""
