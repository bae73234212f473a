"""Sounds of the simulated motor, for recipes and tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile

from core.recipes.recipe import Recipe, new_recipe
from core.samples import Sound
from core.settings.recipe_settings import MicrophoneTable, Settings, SoundTable, VerdictTable
from core.sources.simulated.motor import RATE, MotorFault, Unit, sound_of


def good_motor(number: int, seconds: float = 4.0) -> Sound:
    """Return the sound of a good motor, float32 (n,), always the same for a number."""
    return sound_of(Unit(3, number, "tests"), seconds)


def faulty_motor(fault: MotorFault, strength: float = 1.0, seconds: float = 4.0, number: int = 900) -> Sound:
    """Return the sound of a motor with a fault, float32 (n,)."""
    return sound_of(Unit(3, number, "tests", fault, strength), seconds)


def write_sounds(folder: Path, sounds: Iterable[Sound], rate: int = RATE) -> list[Path]:
    """Write sounds as wav files of 24 bits into the folder; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    places = []
    for number, sound in enumerate(sounds):
        places.append(folder / f"motor{number:03d}.wav")
        soundfile.write(places[-1], sound, rate, "PCM_24")
    return places


def make_motor_recipe(folder: Path, recordings: int, seconds: float = 4.0, smooth: float = 1.0) -> Recipe:
    """Create a recipe with one good recording per motor, without a model."""
    settings = Settings(
        microphone=MicrophoneTable(source="simulated"), sound=SoundTable(smooth=smooth), verdict=VerdictTable(rate=50.0)
    )
    recipe = new_recipe(str(folder), settings)
    write_sounds(recipe.good_sound, (good_motor(number, seconds) for number in range(recordings)))
    return recipe


def noise(seconds: float, rate: int = RATE, level: float = 0.05, seed: int = 0) -> Sound:
    """Return white noise with this root mean square, float32 (n,)."""
    return (level * np.random.default_rng(seed).standard_normal(round(seconds * rate))).astype(np.float32)
