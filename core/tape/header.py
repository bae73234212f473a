"""The first chunk of a recording: its recipe, settings, devices and software versions."""

from __future__ import annotations

import os
import platform
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.errors import GoodpartError
from core.recipes.recipe import Recipe
from core.runtime.versions import installed_versions
from core.settings.recipe_settings import Settings
from core.settings.schema import from_table, to_toml
from core.sources.camera_address import address_without_password
from core.state.verdict import Sense


@dataclass(frozen=True)
class TapeHeader:
    """The circumstances of a recording."""

    recipe: str
    """Name of the recipe."""
    settings: Settings
    """The recipe's settings without passwords."""
    perceived: tuple[Sense, ...]
    """The senses of the station."""
    taught: tuple[Sense, ...]
    """The senses of the recipe: they share the false-alarm budget."""
    learnt: tuple[Sense, ...]
    """The senses with a model, usable or not."""
    stills: bool
    """Every picture is a separate part (a folder of pictures)."""
    camera: str
    microphone: str
    knobs: str
    """Addresses of the devices, without passwords."""
    versions: Mapping[str, str]
    wall: float
    """time.time() at `monotonic`."""
    monotonic: float
    """time.monotonic() of the recorder at the beginning, in seconds."""


def head_facts(
    recipe: Recipe, senses: Mapping[Sense, bool], *, stills: bool, camera: str, microphone: str, knobs: str
) -> dict[str, Any]:
    """The facts of the first chunk. `senses` maps the senses of the station to whether they have a model; `camera`,
    `microphone` and `knobs` are addresses without passwords."""
    return {
        "recipe": recipe.name,
        "settings": settings_text(recipe.settings),
        "perceived": list(senses),
        "taught": list(recipe.senses),
        "learnt": [sense for sense, learnt in senses.items() if learnt],
        "stills": stills,
        "camera": camera,
        "microphone": microphone,
        "knobs": knobs,
        "versions": versions_that_move_scores(),
    }


def settings_text(settings: Settings) -> str:
    """The settings as TOML, without the passwords of addresses and without outputs, which a replay does not have."""
    camera = replace(settings.camera, source=address_without_password(settings.camera.source))
    microphone = replace(settings.microphone, source=address_without_password(settings.microphone.source))
    return to_toml(Settings, replace(settings, camera=camera, microphone=microphone, outputs={}))


def settings_of(text: str) -> Settings:
    """Parse settings from TOML. Raises ValueError if they are invalid."""
    try:
        return from_table(Settings, tomllib.loads(text), "recipe.toml")
    except (GoodpartError, RecursionError) as error:
        raise ValueError(str(error)) from error


def versions_that_move_scores() -> dict[str, str]:
    """Everything on which the bits of a score may depend: library versions, processor, number of threads."""
    versions = installed_versions("numpy", "opencv-python-headless", "ai-edge-litert", "soxr")
    versions["machine"] = platform.machine()
    # The number of threads changes the order of summation, and with it the last bits of a sum.
    versions |= {name: os.environ[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS") if name in os.environ}
    return versions
