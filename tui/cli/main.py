"""The command line: parses the arguments and runs the command.

Imports nothing heavy, so that `--help` appears at once.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from core.errors import GoodpartError
from tui.cli.options import amulet as amulet_options
from tui.cli.parser import build_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name (default: sys.argv) and return its exit code."""
    # NumPy reads these when it loads. Its threads gain nothing on such small matrices, and spin if cores are few.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # File names may contain characters that the terminal's encoding lacks.
            stream.reconfigure(errors="backslashreplace")
    parser = build_parser()
    options = parser.parse_args(amulet_options.respelled(sys.argv[1:] if arguments is None else arguments))
    if options.command is None:
        parser.print_help()
        return 0
    try:
        return int(importlib.import_module(f"tui.cli.commands.{options.command}").run(options))
    except GoodpartError as error:
        print(f"goodpart: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("goodpart: ended by Ctrl-C", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output has closed its end (goodpart score ... | head): there is nothing left to print.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        # Errors that no command handles itself: a name that is too long, missing permissions, a full disk.
        where = f"{error.filename}: " if error.filename else ""
        print(f"goodpart: {where}{error.strerror or error}", file=sys.stderr)
        return GoodpartError.exit_code


def run() -> NoReturn:
    """Run the command line and exit with its code: the entry point of the `goodpart` script."""
    sys.exit(main())
