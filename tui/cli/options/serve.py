"""Options of `goodpart serve` and `goodpart web`."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(to: argparse.ArgumentParser) -> None:
    """Add the options of `goodpart serve`; the argument RECIPE is already there."""
    to.add_argument("--host", default="127.0.0.1", help="address (default 127.0.0.1); any other needs --token-file")
    to.add_argument("--port", type=port, default=5000, help="port (default 5000; 0 for any free one)")
    to.add_argument(
        "--token-file",
        metavar="F",
        type=Path,
        help="file with the tokens to read and to change; made (mode 0600) if missing",
    )
    to.add_argument(
        "--amulet",
        metavar="MODEL",
        type=Path,
        help="judge the sound that clients send with this model of `goodpart amulet train`, or this folder of AMULET's",
    )
    to.add_argument("--camera", metavar="S", help="instead of the recipe's camera, as in watch")
    to.add_argument("--microphone", metavar="S", help="instead of the recipe's microphone")
    to.add_argument("--knobs", metavar="PORT", help="instead of the recipe's knob board")


def add_web(to: argparse.ArgumentParser) -> None:
    """Add the options of `goodpart web`."""
    to.add_argument("url", metavar="URL", nargs="?", default="http://127.0.0.1:5000", help="address of goodpart serve")
    to.add_argument("--host", default="127.0.0.1", help="address (default 127.0.0.1); any other needs --token-file")
    to.add_argument("--port", type=port, default=8000, help="port (default 8000)")
    to.add_argument(
        "--token-file",
        metavar="F",
        type=Path,
        help="file with the service's tokens; browsers on other machines ask for the token to change as password",
    )


def port(text: str) -> int:
    """A TCP port, 0 to 65535. Raises argparse.ArgumentTypeError."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port between 0 and 65535")
    return int(text)
