"""The apps: dashboard, attached dashboard, shell."""
