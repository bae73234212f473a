"""What `goodpart serve` takes."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(to: argparse.ArgumentParser) -> None:
    to.add_argument("--host", default="127.0.0.1", help="127.0.0.1; any other takes --token-file")
    to.add_argument("--port", type=port, default=5000, help="5000; 0 for any that is free")
    to.add_argument(
        "--token-file", metavar="F", type=Path, help="who may read, who may change; made (mode 0600) if missing"
    )
    to.add_argument(
        "--amulet",
        metavar="MODEL",
        type=Path,
        help="sound that is sent is judged by a model of `goodpart amulet train`, or a folder of AMULET's",
    )
    to.add_argument("--camera", metavar="S", help="instead of the recipe's, as in watch")
    to.add_argument("--microphone", metavar="S", help="instead of the recipe's")
    to.add_argument("--knobs", metavar="PORT", help="instead of the recipe's")


def add_web(to: argparse.ArgumentParser) -> None:
    to.add_argument("url", metavar="URL", nargs="?", default="http://127.0.0.1:5000", help="of goodpart serve")
    to.add_argument("--host", default="127.0.0.1", help="127.0.0.1; any other takes --token-file")
    to.add_argument("--port", type=port, default=8000, help="8000")
    to.add_argument(
        "--token-file",
        metavar="F",
        type=Path,
        help="the service's tokens; from other machines the browser asks for the one that may change, as password",
    )


def port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port between 0 and 65535")
    return int(text)
