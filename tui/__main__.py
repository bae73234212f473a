"""`python -m tui` is `goodpart`."""

from tui.cli.main import run

run()
