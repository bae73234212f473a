"""goodpart score: judges files."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.dataset.material_files import find_files
from core.errors import GoodpartError
from core.inference.file_judge import FileJudge, kind_of
from core.recipes.recipe import open_recipe
from core.runtime.listing import PICTURE_SUFFIXES, SOUND_SUFFIXES
from core.serialization.verdict_json import Result, unknown
from core.state.jobs import TrainingState
from tui.terminal.progress_line import ProgressLine

if TYPE_CHECKING:
    from core.inference.sound_file import SoundFileResult


def run(options: argparse.Namespace) -> int:
    """Judge the files and print the results.

    Returns 0 if all are OK, 1 if one is an ANOMALY, 3 if one is UNKNOWN or cannot be read. Raises GoodpartError.
    """
    judge = FileJudge(open_recipe(options.recipe))
    code = 0
    line = ProgressLine()
    for result in judged(judge, options, line):
        code = max(code, {"OK": 0, "ANOMALY": 1}.get(result["verdict"], 3))
        line.end()
        if options.json:
            print(json.dumps(result), flush=True)
        else:
            tell(result)
    line.end()
    return code


def tell(result: Result) -> None:
    """Print a result as a line of text, and the stretches of sound that differ."""
    score = f"{result['score']:7.2f}" if result["score"] is not None else "      -"
    print(f"{result['verdict']:7} {score}  {result['path']}  {result['reason']}", flush=True)
    for stretch in result.get("stretches", ()) if result["verdict"] == "ANOMALY" else ():
        print(f"        {stretch['start']:.1f}-{stretch['end']:.1f} s  peak {stretch['peak']:.2f}  {stretch['head']}")


def judged(judge: FileJudge, options: argparse.Namespace, line: ProgressLine) -> Iterator[Result]:
    """Yield one object of `score --json` per file, and one per path without usable files.

    Raises GoodpartError if the models cannot be used.
    """
    judge.check()
    files: list[Path | Result] = []
    for path in options.paths:
        try:
            files += find_files([path], PICTURE_SUFFIXES | SOUND_SUFFIXES, "pictures or sound files")
        except GoodpartError as error:
            files.append(unknown(str(path), kind_of(path, path.name), str(error)))
    for step, file in enumerate(files):
        if sys.stderr.isatty() and len(files) > 1:
            line(TrainingState("running", "judging", step, len(files)))
        yield judge.verdict(file, partial(draw, options.plot, file)) if isinstance(file, Path) else file


def draw(plot: Path | None, file: Path, heard: SoundFileResult) -> None:
    """Write a PNG of how a recording was judged; do nothing if `plot` is None. Raises GoodpartError."""
    if plot is None:
        return
    from tui.reports.sound_plot import draw_audition

    place = plot / f"{file.stem}.png" if plot.is_dir() or not plot.suffix else plot
    draw_audition(heard, file.name, place)
