"""Loads the evidence of an anomaly from the journal's files: the picture with its map, the trace of the sound."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.bundle import read_bundle
from core.errors import GoodpartError
from core.features.image.picture import decode_picture, small_preview
from core.inference.image_judge import ImageJudge
from core.journal.row import JournalRow
from core.recipes.recipe import Recipe
from core.samples import MAP_SHAPE, AnomalyMap, Picture
from core.state.material import Preview


@dataclass(frozen=True)
class Trace:
    """The scores of the sound in the seconds before an alarm, one value per window."""

    seconds: Sequence[float]
    """Seconds relative to the alarm, negative before it; 0 is the newest window."""
    share: Sequence[float]
    """Share of the alarm level: above 1 is anomalous."""


@dataclass(frozen=True)
class Evidence:
    """The evidence of one row of the journal, as far as it exists."""

    preview: Preview | None = None
    map: AnomalyMap | None = None
    """The journalled map; for older rows the picture is judged again if the model is still the same."""
    trace: Trace | None = None
    notes: Sequence[str] = ()
    """Sentences: which files there are, what is missing and why."""


class Gatherer:
    """Gathers evidence. Use it on one thread: it reads files and loads the model when it is first needed (a second)."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._judge: ImageJudge | None = None

    def gather(self, row: JournalRow) -> Evidence:
        """Load the evidence of a row; unreadable or missing files are reported in its notes."""
        notes: list[str] = []
        preview = map = trace = None
        picture, file = None, self._file(row, "picture", notes)
        try:
            if file is not None:
                picture = decode_picture(file)
                preview = small_preview(picture)
                notes.append(f"picture: anomalies/{file.name}")
                map = kept_map(row)
                if map is None:
                    map = self._judge_again(row, picture)
        except GoodpartError as error:
            notes.append(str(error))
        file = self._file(row, "trace", notes)
        if file is not None:
            try:
                trace = read_trace(file)
            except GoodpartError as error:
                notes.append(str(error))
        file = self._file(row, "sound_file", notes)
        if file is not None:
            notes.append(f"sound: anomalies/{file.name}")
        return Evidence(preview, map, trace, tuple(notes))

    def _file(self, row: JournalRow, what: str, notes: list[str]) -> Path | None:
        name = row.data.get(what)
        if not isinstance(name, str) or not name:
            return None
        # A journal may come from another computer: only files in the recipe's own folder are opened.
        path = self._recipe.anomalies / Path(name).name
        if path.is_file():
            return path
        notes.append(f"{path.name} is no longer there: only the newest are kept (recipe.toml, [journal])")
        return None

    def _judge_again(self, row: JournalRow, picture: Picture) -> AnomalyMap:
        """Judge the picture again. Raises GoodpartError if another model judged it, or this one cannot be used."""
        image = row.data.get("image")
        model = image.get("model") if isinstance(image, dict) else None
        if model is None:
            raise GoodpartError("no map: the journal does not hold which model judged")
        bundle = read_bundle(self._recipe.image_bundle)
        if bundle.id != model:
            raise GoodpartError(f"no map: model {model} judged, {bundle.id} is in use now")
        if self._judge is None or self._judge.bundle.id != bundle.id:
            self._judge = ImageJudge(self._recipe, bundle)
        return self._judge(picture).map


def kept_map(row: JournalRow) -> AnomalyMap | None:
    """The anomaly map in the row, float32 of shape MAP_SHAPE; None if it is missing or invalid."""
    try:
        map = np.array(row.data.get("map"), np.float32)  # None becomes NaN of another shape
    except (TypeError, ValueError):
        return None
    return map if map.shape == MAP_SHAPE else None


def read_trace(file: Path) -> Trace:
    """Read a trace that `SoundExcerpt.to_json` wrote. Raises GoodpartError if it is unreadable."""
    try:
        stored: Any = json.loads(file.read_text())
        seconds = [float(value) for value in stored["seconds"]]
        share = [float("inf") if value is None else float(value) for value in stored["share"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GoodpartError(f"{file.name}: cannot be read ({type(error).__name__}: {error})") from error
    return Trace(seconds, share[: len(seconds)])
