"""`python -m tui` is `goodpart`."""

from tui.main import run

run()
