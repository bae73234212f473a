"""Options of commands that have many."""
