"""goodpart score"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import Path

from core.bundle import read_bundle
from core.dataset.material_files import find_files
from core.errors import GoodpartError, UnreadableError
from core.features.sound.wav import SUFFIXES as SOUND_SUFFIXES
from core.recipes.recipe import Recipe, open_recipe
from core.serialization.verdict_json import Result, unknown
from core.state.jobs import TrainingState
from core.state.verdict import Sense
from tui.terminal.progress_line import ProgressLine

Judged = Callable[[Path], Result]


def run(options: argparse.Namespace) -> int:
    recipe = open_recipe(options.recipe)
    judges = Judges(recipe, options.plot)
    code = 0
    line = ProgressLine()
    for result in judged(judges, options.paths, line):
        code = max(code, {"OK": 0, "ANOMALY": 1}.get(result["verdict"], 3))
        line.end()
        if options.json:
            print(json.dumps(result), flush=True)
        else:
            tell(result)
    line.end()
    return code


def tell(result: Result) -> None:
    score = f"{result['score']:7.2f}" if result["score"] is not None else "      -"
    print(f"{result['verdict']:7} {score}  {result['path']}  {result['reason']}", flush=True)
    for passage in result.get("stretches", ()) if result["verdict"] == "ANOMALY" else ():
        print(f"        {passage['start']:.1f}-{passage['end']:.1f} s  peak {passage['peak']:.2f}  {passage['head']}")


class Judges:
    """Who judges what kind of file: models are loaded when the first file of their kind comes."""

    def __init__(self, recipe: Recipe, plot: Path | None) -> None:
        self._recipe = recipe
        self._plot = plot
        self._loaded = cache(self._load)

    def __call__(self, file: Path) -> Result:
        sense = kind_of(file)
        try:
            return self._loaded(sense)(file)
        except UnreadableError as error:
            return unknown(str(file), sense, str(error))

    def check(self, paths: Iterable[Path]) -> None:
        """Raises GoodpartError where the only model that could judge anything cannot be used."""
        for sense in self._recipe.senses if len(self._recipe.senses) == 1 else ():
            self._loaded(sense)

    def _load(self, sense: Sense) -> Judged:
        if (
            not self._recipe.bundle(sense).exists()
            and len(self._recipe.senses) > 0
            and sense not in self._recipe.senses
        ):
            kind = "pictures" if sense == "image" else "sound"
            raise UnreadableError(f"{self._recipe.name} has learnt no {kind}: teach some and train")
        bundle = read_bundle(self._recipe.bundle(sense))
        if sense == "image":
            from core.inference.image_judge import ImageJudge
            from tui.cli.commands.score_pictures import judged_picture

            return partial(judged_picture, ImageJudge(self._recipe, bundle))
        from core.inference.sound_judge import SoundJudge
        from tui.cli.commands.score_sound import judged_sound

        return partial(
            judged_sound, SoundJudge(self._recipe, bundle), self._recipe.settings.microphone.channel, self._plot
        )


def kind_of(file: Path) -> Sense:
    return "sound" if file.suffix.lower() in SOUND_SUFFIXES else "image"


def judged(judges: Judges, paths: Iterable[Path], line: ProgressLine) -> Iterator[Result]:
    """One object of the command line's contract for each file, and for each path that leads to none."""
    from core.features.image.picture import SUFFIXES as PICTURE_SUFFIXES

    judges.check(paths)
    files: list[Path | Result] = []
    for path in paths:
        try:
            files += find_files([path], PICTURE_SUFFIXES | SOUND_SUFFIXES, "pictures or sound files")
        except GoodpartError as error:
            files.append(unknown(str(path), kind_of(path), str(error)))
    for step, file in enumerate(files):
        if sys.stderr.isatty() and len(files) > 1:
            line(TrainingState("running", "judging", step, len(files)))
        yield judges(file) if isinstance(file, Path) else file
