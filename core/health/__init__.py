"""Checks whether the samples of a camera or microphone can be trusted."""
