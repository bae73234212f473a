"""A file judged by a recipe, in whatever way it was sent: as `score --json` says it, and as AMULET's service does."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from core.bundle import read_bundle
from core.decision.rule import is_anomalous, share
from core.detectors.sound.amulet import AS_TRAINED, AmuletModel, sensitive
from core.detectors.sound.amulet_model import read_model
from core.errors import GoodpartError, UnreadableError
from core.features.sound.amulet import table_of
from core.features.sound.wav import SUFFIXES as SOUND_SUFFIXES
from core.features.sound.wav import wave_facts
from core.inference.image_judge import ImageJudge
from core.inference.sound_file import SoundFileResult, audition, passages_of
from core.inference.sound_judge import SoundJudge
from core.recipes.recipe import Recipe, open_recipe
from core.serialization.verdict_json import unknown
from core.state.verdict import Sense
from tui.cli.commands.score_pictures import judged_picture
from tui.cli.commands.score_sound import as_json

Result = dict[str, Any]
Loaded = TypeVar("Loaded")
NOTHING_FOUND = "No anomalies detected"
_SOUND = (b"RIFF", b"RF64", b"fLaC", b"OggS", b"FORM")
_PICTURE = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"II*\0", b"MM\0*")


class FileJudge:
    """Judges files by a recipe's models, which are loaded when first needed, and again when they have changed."""

    def __init__(self, recipe: Path, amulet: Path | None = None, longest: float = math.inf) -> None:
        """`amulet` is a model of AMULET's that takes the place of the recipe's sound model; `longest` the seconds of
        sound that are judged."""
        self._folder = recipe
        self._amulet_path = amulet
        self._longest = longest
        self._kept: dict[str, tuple[Any, Any]] = {}

    def __call__(self, file: Path, name: str, *, picture: bool = False, sensitivity: float | None = None) -> Result:
        """As `score --json` says it, of sound also `window_threshold`: the score from which windows are anomalous;
        with `picture` the anomaly map, rows of numbers. `name` is what the file is called.

        Raises UnreadableError where the file cannot be judged, GoodpartError where nothing can.
        """
        if kind_of(file, name) == "sound":
            return self._sound(file, name, sensitivity)
        if sensitivity is not None:
            raise UnreadableError("sensitivity is for sound judged by the method amulet")
        return judged_picture(self._model("image", ImageJudge), file, picture) | {"path": name}

    def analysis(self, file: Path, name: str, sensitivity: float | None = None) -> Result:
        """AMULET's answer. Raises like calling does, and UnreadableError where the sound says nothing of the part."""
        result = self._sound(file, name, sensitivity)
        if result["verdict"] == "UNKNOWN":
            raise UnreadableError(f"{name}: cannot be judged: {result['reason']}")
        return {"Analysis": found_in(result) or [{"Anomaly": NOTHING_FOUND}]}

    def _sound(self, file: Path, name: str, sensitivity: float | None) -> Result:
        seconds = wave_facts(file).seconds
        if seconds > self._longest:
            raise UnreadableError(f"{name}: {seconds:.0f} s are longer than the {self._longest:.0f} s that are judged")
        path = self._amulet_path
        if path is not None:
            parts = sorted(path.iterdir()) if path.is_dir() else [path]
            model = self._fresh("amulet", parts, lambda: read_model(path))
            return _by_amulet(model, file, name, sensitivity)
        ear = self._model("sound", SoundJudge)
        recipe = open_recipe(str(self._folder))
        heard = audition(ear, file, recipe.settings.microphone.channel)
        level = 1.0
        if sensitivity is not None:
            heard, level = _more_or_less(ear, heard, sensitivity)
        return as_json(ear, heard, name) | {
            "window_threshold": round(ear.ranking.score(level), 4),
            "method": ear.bundle.facts["method"],
        }

    def _model(self, sense: Sense, make: Callable[[Recipe, Any], Loaded]) -> Loaded:
        recipe = open_recipe(str(self._folder))
        bundle = recipe.bundle(sense)
        if not bundle.exists():
            kind, word = ("pictures", "images") if sense == "image" else ("sound", "sound")
            raise GoodpartError(
                f"{recipe.name} has learnt no {kind}: goodpart teach {recipe.name} --{word} ..., then train"
            )
        return self._fresh(sense, [bundle, recipe.toml], lambda: make(recipe, read_bundle(bundle)))

    def _fresh(self, what: str, files: list[Path], make: Callable[[], Loaded]) -> Loaded:
        """What was made of these files, made again where they have changed since."""
        stamp = [(path.stat().st_mtime_ns, path.stat().st_size) for path in files if path.exists()]
        kept = self._kept.get(what)
        if kept is None or kept[0] != stamp:
            self._kept[what] = kept = stamp, make()
        made: Loaded = kept[1]
        return made


def kind_of(file: Path, name: str) -> Sense:
    """By what is in it; by its name where that does not tell. Raises UnreadableError."""
    with file.open("rb") as opened:
        head = opened.read(4)
    if not head:
        raise UnreadableError(f"{name}: is empty (0 bytes)")
    if head.startswith(_SOUND):
        return "sound"
    if head.startswith(_PICTURE):
        return "image"
    return "sound" if Path(name).suffix.lower() in SOUND_SUFFIXES else "image"


def found_in(result: Result) -> list[Result]:
    """The anomalous windows as AMULET's service tells them; none of a recording that is like the good ones."""
    if result["verdict"] != "ANOMALY":
        return []
    rows = [window for window in result["windows"] if window["anomaly"]]
    # A recording as a whole may be worse than any of its windows.
    rows = rows or sorted(result["windows"], key=lambda window: float(window["score"]))[-1:]
    # A row of the method amulet is judged with the rows before it; only the last tenth of a second is meant.
    last = result["method"] == "amulet"
    return [
        {
            "Anomaly": True,
            "seconds": row.get("seconds") or f"{row['end'] - 0.1 if last else row['start']:.1f}-{row['end']:.1f}",
            "value": round(row["score"], 4),
        }
        for row in rows
    ]


def _by_amulet(model: AmuletModel, file: Path, name: str, sensitivity: float | None) -> Result:
    """By AMULET's own rules: row by row, each for itself."""
    table = table_of(file, model.features)
    if len(table.names) < model.timesteps:
        raise UnreadableError(
            f"{name}: is too short: {len(table.names)} rows of {model.features.seconds:g} s; the model judges groups of"
            f" {model.timesteps}"
        )
    errors = [float(error) for error in model.errors(table.rows)]
    limit = sensitive(model.threshold, AS_TRAINED if sensitivity is None else sensitivity)
    windows = []
    for row, error in zip(table.names, errors, strict=True):
        start, _, end = row.partition("-")
        windows.append(
            {"start": float(start), "end": float(end), "seconds": row, "score": error, "anomaly": not error <= limit}
        )
    beyond = [window for window in windows if window["anomaly"]]
    return unknown(name, "sound", "") | {
        "verdict": "ANOMALY" if beyond else "OK",
        "score": max(errors),
        "reconstruction_error": max(errors),
        "reconstruction_error_threshold": limit,
        "reason": f"{len(beyond)} of {len(windows)} rows beyond the limit {limit:.4f}",
        "windows": windows,
        "window_threshold": limit,
        "method": "amulet",
    }


def _more_or_less(ear: SoundJudge, heard: SoundFileResult, sensitivity: float) -> tuple[SoundFileResult, float]:
    """With AMULET's sensitivity: the threshold of the reconstruction error moved, for windows and for the whole; and
    the share of the old alarm level from which windows are anomalous now."""
    if ear.bundle.facts["method"] != "amulet":
        raise UnreadableError("sensitivity is for the method amulet; this recipe's sound is judged by another")

    def moved(t: Any) -> Any:
        return replace(t, reconstruction_error=sensitive(t.reconstruction_error, sensitivity))

    single, whole = moved(ear.thresholds), moved(heard.thresholds)

    def judged(one: Any, thresholds: Any) -> Any:
        return replace(one, anomalous=is_anomalous(one.density, one.reconstruction_error, thresholds))

    windows = [judged(one, single) for one in heard.windows]
    level = share(single.typical_density, single.reconstruction_error, ear.thresholds)
    return replace(
        heard, windows=windows, passages=passages_of(windows), whole=judged(heard.whole, whole), thresholds=whole
    ), level
