"""A model at work on live samples and on files."""
