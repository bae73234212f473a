"""Trains a sound model on a recipe's good recordings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.dataset.add_sound import LEAST_SECONDS, recordings_in
from core.decision.calibration import calibrate, smoothed
from core.decision.thresholds import rule_of, smoothing
from core.errors import GoodpartError, UnreadableError
from core.features.sound.wav import open_recording
from core.health.microphone import SoundMeasures, TaughtSound, measure_sound
from core.methods import METHODS, load_object
from core.recipes.recipe import Recipe
from models.base import Learnt, SoundLesson
from models.progress import ProgressReporter
from models.sound.sound_folds import make_sound_folds
from models.training_result import TrainingResult

FEWEST_SECONDS = 20.0
"""Seconds of good sound; less shows too little variation to learn from."""


def train(
    recipe: Recipe, method: str, false_alarms: float, *, seed: int, epochs: int | None, report: ProgressReporter
) -> TrainingResult:
    """Train the method for this share of false alarms, 0..1. Raises GoodpartError (too little sound, nothing
    decodable)."""
    channel, level = recipe.settings.microphone.channel, recipe.settings.sound.level
    recordings, refused, seconds, measures = look_through(recipe, report)
    require_enough(recipe, len(recordings), seconds, refused)
    lesson = SoundLesson(recordings, channel, level, make_sound_folds(len(recordings)), seed, epochs)
    learnt: Learnt = load_object(METHODS[method].learner)(lesson, report)
    table = recipe.settings.sound
    # Raises if so few windows cannot support the requested share of false alarms.
    calibrate(smoothed(learnt.held_out, smoothing(table)), rule_of(table, method), false_alarms)
    facts = {
        "files": [path.name for path in recordings],
        "seconds": round(seconds, 1),
        "channel": channel,
        "level": level,
        "health": TaughtSound.of(measures).to_json(),
    }
    return TrainingResult.of(
        "sound", method, learnt, facts, seed, len(recordings),
        f"{len(recordings)} good recordings ({seconds / 60:.1f} minutes)", "", refused,
    )  # fmt: skip


def look_through(recipe: Recipe, report: ProgressReporter) -> tuple[list[Path], list[str], float, list[SoundMeasures]]:
    """Return the good recordings that can be decoded, a sentence per recording that cannot, the total seconds of
    sound, and the measures of every block."""
    files = recordings_in(recipe.good_sound) if recipe.good_sound.is_dir() else []
    channel = recipe.settings.microphone.channel
    readable: list[Path] = []
    refused: list[str] = []
    measures: list[SoundMeasures] = []
    seconds = 0.0
    for step, file in enumerate(files):
        report("listening through", step, len(files))
        try:
            with open_recording(file) as recording:
                facts = recording.facts
                if facts.seconds < LEAST_SECONDS:
                    raise UnreadableError(f"{file}: {facts.seconds:.1f} s are shorter than a window")
                of_file = [measure_sound(block, facts.rate) for block in recording.blocks(channel)]
        except UnreadableError as error:
            refused.append(str(error))
            continue
        readable.append(file)
        measures += of_file
        seconds += facts.seconds
    return readable, refused, seconds, measures


def require_enough(recipe: Recipe, count: int, seconds: float, refused: Sequence[str]) -> None:
    """Raise GoodpartError if there is too little good sound; the message names what is still needed."""
    if count == 0:
        why = f"none of {len(refused)} good recordings can be used ({refused[0]})" if refused else "no good recordings"
        raise GoodpartError(f"{recipe.good_sound}: {why}; `goodpart teach {recipe.name} --sound FOLDER` adds some")
    if seconds < FEWEST_SECONDS:
        raise GoodpartError(
            f"{recipe.name}: {seconds:.0f} s of good sound; training needs at least {FEWEST_SECONDS:.0f} s, better 20"
            " recordings of several units: teach more"
        )
