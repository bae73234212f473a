"""Judges a picture or sound file by a recipe: the only path from a file to a verdict in JSON."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.bundle import Bundle, BundleError, read_bundle
from core.errors import GoodpartError, UnreadableError
from core.recipes.recipe import Recipe, open_recipe
from core.runtime.listing import SOUND_SUFFIXES
from core.serialization.verdict_json import Result, unknown
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense

# Imported when needed: judging pictures does not load the sound libraries, and vice versa.
if TYPE_CHECKING:
    from core.detectors.sound.amulet import AmuletModel
    from core.features.sound.wav import Recording
    from core.inference.image_judge import ImageJudge
    from core.inference.sound_file import SoundFileResult
    from core.inference.sound_judge import SoundJudge

_SOUND = (b"RIFF", b"RF64", b"fLaC", b"OggS", b"FORM")
_PICTURE = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"II*\0", b"MM\0*")
_WEBP = b"WEBP"


class NotLearntError(GoodpartError):
    """The recipe has neither a model for this kind of file nor material to train one."""


class FileJudge:
    """Judges files by the models of a recipe. Each model is loaded when the first file of its kind comes.

    Errors of a file are reported before errors of the recipe.
    """

    def __init__(self, recipe: Recipe, amulet: Path | None = None, longest: float = math.inf) -> None:
        """`amulet` is the path of an AMULET model that replaces the recipe's sound model; `longest` limits the seconds
        of a recording."""
        self._recipe = recipe
        self._amulet_path = amulet
        self._longest = longest
        self._image = cache(self._load_image)
        self._sound = cache(self._load_sound)
        self._amulet = cache(_load_amulet)

    def check(self) -> None:
        """Raises GoodpartError if the recipe has only one sense and its model cannot be used."""
        if len(self._recipe.senses) == 1:
            (self._image if self._recipe.senses[0] == "image" else self._sound)()

    def verdict(self, file: Path, heard: Callable[[SoundFileResult], None] | None = None) -> Result:
        """Judge a file. Return the object of `score --json`: UNKNOWN, with the reason, if the file cannot be judged.

        `heard` is called with the result of a recording. Raises GoodpartError if a model cannot be used; exceptions
        from `heard` pass through.
        """
        sense = kind_of(file, file.name)
        try:
            if sense == "image":
                return self._picture_object(file, str(file))
            return self._scored_sound_object(file, heard)
        except (UnreadableError, NotLearntError) as error:
            return unknown(str(file), sense, str(error))

    def __call__(self, file: Path, name: str, *, picture: bool = False, sensitivity: float | None = None) -> Result:
        """Judge a file. Return the object of POST /judge: that of `score --json` with some additions.

        For sound: `window_threshold`, the score from which windows are anomalous, and `method`. With `picture`: the
        anomaly map as rows of numbers. `name` is the file name in the answer and in messages. Raises UnreadableError
        if this file cannot be judged, GoodpartError if no file can.
        """
        if kind_of(file, name) == "sound":
            return self._sound_object(file, name, sensitivity)
        if sensitivity is not None:
            raise UnreadableError("sensitivity is for sound judged by the method amulet")
        return self._picture_object(file, name, picture)

    def analysis(self, file: Path, name: str, sensitivity: float | None = None) -> Result:
        """Judge a recording. Return AMULET's answer. Raises as calling does, and UnreadableError if the sound cannot be
        trusted."""
        result = self._sound_object(file, name, sensitivity)
        if result["verdict"] == "UNKNOWN":
            raise UnreadableError(f"{name}: cannot be judged: {result['reason']}")
        from core.inference.amulet_analysis import analysis_of

        return analysis_of(result)

    def _picture_object(self, file: Path, name: str, with_map: bool = False) -> Result:
        from core.features.image.picture import decode_picture
        from core.inference.image_file import judge_picture, picture_as_json

        picture = decode_picture(file)
        return picture_as_json(judge_picture(self._image(), picture, file), name, with_map)

    def _scored_sound_object(self, file: Path, heard: Callable[[SoundFileResult], None] | None) -> Result:
        from core.features.sound.wav import open_recording
        from core.inference.sound_file import sound_as_json

        with open_recording(file) as recording:
            judge, result = self._recording(recording)
        if heard:
            heard(result)
        return sound_as_json(judge, result, str(file))

    def _sound_object(self, file: Path, name: str, sensitivity: float | None) -> Result:
        from core.features.sound.wav import open_recording
        from core.inference import amulet_analysis
        from core.inference.sound_file import sound_as_json

        with open_recording(file) as recording:
            self._refuse_long(recording, name)
            if self._amulet_path is not None:
                model = self._amulet(self._amulet_path)
                return amulet_analysis.judge_by_amulet(model, recording, name, sensitivity)
            judge, result = self._recording(recording)
        level = 1.0
        if sensitivity is not None:
            result, level = amulet_analysis.with_sensitivity(judge, result, sensitivity)
        return sound_as_json(judge, result, name) | {
            "window_threshold": round(judge.ranking.score(level), 4),
            "method": judge.bundle.facts["method"],
        }

    def _refuse_long(self, recording: Recording, name: str) -> None:
        seconds = recording.facts.seconds
        if seconds > self._longest:
            raise UnreadableError(f"{name}: {seconds:.0f} s are longer than the limit of {self._longest:.0f} s")

    def _recording(self, recording: Recording) -> tuple[SoundJudge, SoundFileResult]:
        from core.inference.sound_file import judge_recording

        judge = self._sound()
        return judge, judge_recording(judge, recording, self._recipe.settings.microphone.channel)

    def _load_image(self) -> ImageJudge:
        from core.inference.image_judge import ImageJudge

        return ImageJudge(self._recipe, self._bundle("image"))

    def _load_sound(self) -> SoundJudge:
        from core.inference.sound_judge import SoundJudge

        return SoundJudge(self._recipe, self._bundle("sound"))

    def _bundle(self, sense: Sense) -> Bundle:
        """Raises NotLearntError, BundleError."""
        recipe = self._recipe
        bundle = recipe.bundle(sense)
        if bundle.exists():
            return read_bundle(bundle)
        words = SENSE_WORDS[sense]
        if sense in recipe.senses:
            raise BundleError(f"{recipe.name}, {words.stream}: there is no model yet; `goodpart train` makes it")
        raise NotLearntError(
            f"{recipe.name} has learnt no {words.stream}: goodpart teach {recipe.name} --{words.folder} ..., then train"
        )


def _load_amulet(path: Path) -> AmuletModel:
    from core.detectors.sound.amulet_model import read_model

    return read_model(path)


class CurrentFileJudge:
    """Supplies the FileJudge of a recipe, a new one whenever the recipe or one of its models has changed."""

    def __init__(self, folder: Path, amulet: Path | None = None, longest: float = math.inf) -> None:
        """`folder` is that of the recipe; the others as for FileJudge."""
        self._folder, self._amulet, self._longest = folder, amulet, longest
        self._made: tuple[object, FileJudge] | None = None

    def __call__(self) -> FileJudge:
        """Return the current FileJudge. Raises GoodpartError if the recipe is unreadable."""
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
    """The sense that judges a file, from its first bytes; from the suffix of `name` if these are unknown."""
    try:
        with file.open("rb") as opened:
            head = opened.read(12)
    except OSError:
        head = b""  # the decoder reports the error
    if head.startswith(_SOUND) and head[8:] != _WEBP:
        return "sound"
    if head.startswith((*_PICTURE, b"RIFF")):
        return "image"
    return "sound" if Path(name).suffix.lower() in SOUND_SUFFIXES else "image"
