"""The panes and lines of which the screens consist."""
