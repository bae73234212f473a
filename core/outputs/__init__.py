"""Outputs send verdicts and events to other systems, besides the screen and the journal."""
