"""What screens show, without Textual widgets."""
