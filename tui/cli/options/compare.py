"""Options of `goodpart compare`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from core.methods import candidates_of, is_trivial
from core.state.verdict import Sense
from tui.cli.argument_types import positive, whole


def _names(sense: Sense) -> str:
    """Return the methods and variants of a sense in the spelling of the command line."""
    return ", ".join(name.replace(" ", "-") for name in candidates_of(sense) if not is_trivial(name))


def add(to: argparse.ArgumentParser) -> None:
    """Add the options; the argument RECIPE is already there."""
    to.add_argument(
        "--methods", metavar="M", nargs="+",
        help=f"{_names('image')}; {_names('sound')}; all if none is named. Trivial scores (trivial) always"
        " take part, for reference",
    )  # fmt: skip
    to.add_argument("--sense", choices=("image", "sound"), help="compare only by pictures or only by sound")
    to.add_argument(
        "-o", "--output", type=Path, metavar="HTML", help="write a report: one HTML file with plots and the worst cases"
    )
    to.add_argument("--json", action="store_true", help="print one JSON object per sense, with every score")
    to.add_argument("--last", action="store_true", help="show the last comparison instead of running one")
    to.add_argument(
        "--use",
        nargs="?",
        const="",
        metavar="METHOD",
        help="set the recipe's method to this one, or to the recommended one",
    )
    to.add_argument(
        "--folds",
        type=partial(whole, 2, 20),
        default=5,
        metavar="K",
        help="folds of the cross-validation: models per method (default 5)",
    )
    to.add_argument("--epochs", type=positive, metavar="N", help="networks learn for N epochs, without an early stop")
    to.add_argument(
        "--dcgan-epochs",
        type=positive,
        default=40,
        metavar="N",
        help="epochs of the DCGAN (default 40; AMULET's authors use 700)",
    )
    to.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the random generator")
