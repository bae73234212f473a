"""The command line: words to work. Imports nothing heavy, so that `--help` comes at once."""

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
    """Do what the arguments say; gives the exit code."""
    # Read when NumPy loads. Its own threads gain nothing on such small matrices, and spin where cores are few.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # File names may hold what the terminal's encoding does not.
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
        # Whoever read our output has gone (goodpart score ... | head): nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        # What no command could say better: a name that is too long, a folder without rights, a full disk.
        where = f"{error.filename}: " if error.filename else ""
        print(f"goodpart: {where}{error.strerror or error}", file=sys.stderr)
        return GoodpartError.exit_code


def run() -> NoReturn:
    sys.exit(main())
