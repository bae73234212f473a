"""A file judged by a recipe, in whatever way it was given: the one path from a file to a verdict in JSON."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from core.bundle import read_bundle
from core.detectors.sound.amulet_model import read_model
from core.errors import GoodpartError, UnreadableError
from core.features.image.picture import decode_picture
from core.features.sound.wav import Recording, open_recording
from core.inference.amulet_analysis import analysis_of, judge_by_amulet, with_sensitivity
from core.inference.image_file import ImageFileResult, judge_picture, picture_as_json
from core.inference.image_judge import ImageJudge
from core.inference.sound_file import SoundFileResult, judge_recording, sound_as_json
from core.inference.sound_judge import SoundJudge
from core.recipes.recipe import Recipe, open_recipe
from core.runtime.listing import SOUND_SUFFIXES
from core.serialization.verdict_json import Result, unknown
from core.state.verdict import Sense

_SOUND = (b"RIFF", b"RF64", b"fLaC", b"OggS", b"FORM")
_PICTURE = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"II*\0", b"MM\0*")
_WEBP = b"WEBP"


class NotLearntError(GoodpartError):
    """The recipe has neither a model for this kind of file nor material to learn it from."""


class FileJudge:
    """Judges files by the models of a recipe. Each model is loaded when the first file of its kind comes.

    What is wrong with a file is told before what is wrong with the recipe.
    """

    def __init__(self, recipe: Recipe, amulet: Path | None = None, longest: float = math.inf) -> None:
        """`amulet` is a model of AMULET's that takes the place of the recipe's sound model; `longest` the seconds of
        sound that are judged."""
        self._recipe = recipe
        self._amulet_path = amulet
        self._longest = longest
        self._image = cache(lambda: ImageJudge(recipe, self._bundle("image")))
        self._sound = cache(lambda: SoundJudge(recipe, self._bundle("sound")))
        self._amulet = cache(read_model)

    def check(self) -> None:
        """Raises GoodpartError if the only model that could judge anything cannot be used."""
        if len(self._recipe.senses) == 1:
            (self._image if self._recipe.senses[0] == "image" else self._sound)()

    def verdict(self, file: Path, heard: Callable[[SoundFileResult], None] | None = None) -> Result:
        """The object of `score --json`: UNKNOWN, with the reason, for a file that cannot be judged. `heard` is given
        what a recording sounds like.

        Raises GoodpartError if a model cannot be used, and what `heard` raises.
        """
        sense = kind_of(file, file.name)
        try:
            if sense == "image":
                return picture_as_json(self._picture(file), str(file))
            with open_recording(file) as recording:
                judge, result = self._recording(recording)
        except (UnreadableError, NotLearntError) as error:
            return unknown(str(file), sense, str(error))
        if heard:
            heard(result)
        return sound_as_json(judge, result, str(file))

    def __call__(self, file: Path, name: str, *, picture: bool = False, sensitivity: float | None = None) -> Result:
        """The object of POST /judge: that of `score --json`, of sound also `window_threshold`, the score from which
        windows are anomalous, and `method`; with `picture` the anomaly map, rows of numbers. `name` is what the file
        is called.

        Raises UnreadableError if the file cannot be judged, GoodpartError if nothing can.
        """
        if kind_of(file, name) == "sound":
            return self._sound_object(file, name, sensitivity)
        if sensitivity is not None:
            raise UnreadableError("sensitivity is for sound judged by the method amulet")
        return picture_as_json(self._picture(file), name, picture)

    def analysis(self, file: Path, name: str, sensitivity: float | None = None) -> Result:
        """AMULET's answer. Raises like calling does, and UnreadableError if the sound says nothing of the part."""
        result = self._sound_object(file, name, sensitivity)
        if result["verdict"] == "UNKNOWN":
            raise UnreadableError(f"{name}: cannot be judged: {result['reason']}")
        return analysis_of(result)

    def _sound_object(self, file: Path, name: str, sensitivity: float | None) -> Result:
        with open_recording(file) as recording:
            seconds = recording.facts.seconds
            if seconds > self._longest:
                raise UnreadableError(
                    f"{name}: {seconds:.0f} s are longer than the {self._longest:.0f} s that are judged"
                )
            if self._amulet_path is not None:
                return judge_by_amulet(self._amulet(self._amulet_path), recording, name, sensitivity)
            judge, result = self._recording(recording)
        level = 1.0
        if sensitivity is not None:
            result, level = with_sensitivity(judge, result, sensitivity)
        return sound_as_json(judge, result, name) | {
            "window_threshold": round(judge.ranking.score(level), 4),
            "method": judge.bundle.facts["method"],
        }

    def _picture(self, file: Path) -> ImageFileResult:
        picture = decode_picture(file)
        return judge_picture(self._image(), picture, file)

    def _recording(self, recording: Recording) -> tuple[SoundJudge, SoundFileResult]:
        judge = self._sound()
        return judge, judge_recording(judge, recording, self._recipe.settings.microphone.channel)

    def _bundle(self, sense: Sense) -> Any:
        """Raises NotLearntError, BundleError."""
        recipe = self._recipe
        bundle = recipe.bundle(sense)
        if not bundle.exists() and sense not in recipe.senses:
            kind, word = ("pictures", "images") if sense == "image" else ("sound", "sound")
            raise NotLearntError(
                f"{recipe.name} has learnt no {kind}: goodpart teach {recipe.name} --{word} ..., then train"
            )
        return read_bundle(bundle)


class CurrentFileJudge:
    """The FileJudge of a recipe as it is now: another one after the recipe or a model has changed."""

    def __init__(self, folder: Path, amulet: Path | None = None, longest: float = math.inf) -> None:
        """See FileJudge."""
        self._folder, self._amulet, self._longest = folder, amulet, longest
        self._made: tuple[object, FileJudge] | None = None

    def __call__(self) -> FileJudge:
        """Raises GoodpartError if the recipe cannot be read."""
        recipe = open_recipe(str(self._folder))
        files = [recipe.toml, recipe.bundle("image"), recipe.bundle("sound"), *self._amulet_files()]
        stamp = [(path.stat().st_mtime_ns, path.stat().st_size) if path.exists() else None for path in files]
        if self._made is None or self._made[0] != stamp:
            self._made = stamp, FileJudge(recipe, self._amulet, self._longest)
        return self._made[1]

    def _amulet_files(self) -> list[Path]:
        path = self._amulet
        if path is None:
            return []
        return sorted(path.iterdir()) if path.is_dir() else [path]


def kind_of(file: Path, name: str) -> Sense:
    """What a file is, by its first bytes; by its name, or what it is called, if these do not tell."""
    try:
        with file.open("rb") as opened:
            head = opened.read(12)
    except OSError:
        head = b""  # whoever opens it next says why
    if head.startswith(_SOUND) and head[8:] != _WEBP:
        return "sound"
    if head.startswith((*_PICTURE, b"RIFF")):
        return "image"
    return "sound" if Path(name).suffix.lower() in SOUND_SUFFIXES else "image"
