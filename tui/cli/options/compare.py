"""The options of `goodpart compare`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from core.methods import candidates_of, is_trivial
from core.state.verdict import Sense
from tui.cli.argument_types import positive, whole


def _names(sense: Sense) -> str:
    """The methods and variants of a sense as they are typed."""
    return ", ".join(name.replace(" ", "-") for name in candidates_of(sense) if not is_trivial(name))


def add(to: argparse.ArgumentParser) -> None:
    """RECIPE is there already."""
    to.add_argument(
        "--methods", metavar="M", nargs="+",
        help=f"{_names('image')}; {_names('sound')}; all where none is named, always with trivial numbers"
        " (named trivial)",
    )  # fmt: skip
    to.add_argument("--sense", choices=("image", "sound"), help="only pictures or only sound")
    to.add_argument("-o", "--output", type=Path, metavar="HTML", help="write a report: one file with plots and cases")
    to.add_argument("--json", action="store_true", help="one JSON object a sense, with every score")
    to.add_argument("--last", action="store_true", help="tell of the last contest instead of holding one")
    to.add_argument(
        "--use", nargs="?", const="", metavar="METHOD", help="set the recipe's method: to this one, or as recommended"
    )
    to.add_argument("--folds", type=partial(whole, 2, 20), default=5, metavar="K", help="models of each method, 5")
    to.add_argument("--epochs", type=positive, metavar="N", help="for networks: learn so long, no early stop")
    to.add_argument("--dcgan-epochs", type=positive, default=40, metavar="N", help="40; AMULET's authors ask for 700")
    to.add_argument("--seed", type=int, default=0, metavar="N", help="of the random generator")
