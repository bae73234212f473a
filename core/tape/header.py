"""The first chunk of a recording: by whom, with what settings and versions it was made."""

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
    """Who recorded what, and when."""

    recipe: str
    settings: Settings
    """Passwords left out."""
    perceived: tuple[Sense, ...]
    """The senses of the station."""
    taught: tuple[Sense, ...]
    """Those of the recipe: they share the false-alarm budget."""
    learnt: tuple[Sense, ...]
    """Those with a model, be it one that could not be used."""
    stills: bool
    """Every picture is a part of its own."""
    camera: str
    microphone: str
    knobs: str
    versions: Mapping[str, str]
    wall: float
    """time.time() at `monotonic`."""
    monotonic: float


def head_facts(
    recipe: Recipe, senses: Mapping[Sense, bool], *, stills: bool, camera: str, microphone: str, knobs: str
) -> dict[str, Any]:
    """`senses` are those of the station, with whether they have learnt; addresses as they may be shown."""
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
    """As TOML, without the passwords of addresses, and without outputs: a replay has none."""
    camera = replace(settings.camera, source=address_without_password(settings.camera.source))
    microphone = replace(settings.microphone, source=address_without_password(settings.microphone.source))
    return to_toml(Settings, replace(settings, camera=camera, microphone=microphone, outputs={}))


def settings_of(text: str) -> Settings:
    """Raises ValueError where they are none."""
    try:
        return from_table(Settings, tomllib.loads(text), "recipe.toml")
    except (GoodpartError, RecursionError) as error:
        raise ValueError(str(error)) from error


def versions_that_move_scores() -> dict[str, str]:
    """Everything that the bits of a score may depend on."""
    found = installed_versions("numpy", "opencv-python-headless", "ai-edge-litert", "soxr")
    found["machine"] = platform.machine()
    # With more threads sums are added up in another order, and their last bits differ.
    found |= {name: os.environ[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS") if name in os.environ}
    return found
