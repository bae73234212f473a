"""Entry point of `python -m tui`, which is the same as `goodpart`."""

from tui.cli.main import run

run()
