"""The methods that learn and judge, one row per method. Nothing of a method is imported before somebody uses it.

A new method is a detector, a learner and one row here.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.state.verdict import Rule, Sense


@dataclass(frozen=True)
class ShippedThresholds:
    """Thresholds that come with a method, in force until there are enough held-out scores for a calibration."""

    density: float
    reconstruction_error: float
    density_step: float
    error_step: float


@dataclass(frozen=True)
class Variant:
    """Takes part in a comparison beside a method; a recipe cannot be set to it."""

    name: str
    quick: bool = False
    """It learns in minutes."""


@dataclass(frozen=True)
class Method:
    name: str
    """In recipe.toml, in model files and on the command line."""
    sense: Sense
    rule: Rule
    """The alarm rule of recipes that name none."""
    detector: str
    """`module:class`, made from arrays, networks and settings of a bundle."""
    learner: str
    """`module:function` from a lesson and progress to `models.base.Learnt`; only the package models loads it."""
    quick: bool = True
    """It learns in minutes."""
    shipped: ShippedThresholds | None = None
    variants: tuple[Variant, ...] = ()


_ROWS = (
    Method(
        "features",
        "image",
        rule="sum",
        detector="core.detectors.image.features:FeaturesDetector",
        learner="models.image.features:learn",
        variants=(Variant("filter bank", quick=True),),
    ),
    Method(
        "seed",
        "image",
        rule="and",
        detector="core.detectors.image.seed:SeedDetector",
        learner="models.image.seed:learn",
        quick=False,
        # What the original system ships with, and the steps of its spin boxes.
        shipped=ShippedThresholds(2730.0, 0.004, density_step=1.0, error_step=0.0001),
    ),
    Method(
        "spectrum",
        "sound",
        rule="sum",
        detector="core.detectors.sound.spectrum:SpectrumDetector",
        learner="models.sound.spectrum:learn",
    ),
    Method(
        "amulet",
        "sound",
        rule="error",
        detector="core.detectors.sound.amulet:AmuletDetector",
        learner="models.sound.amulet:learn",
        variants=(Variant("dcgan"), Variant("dcgan discriminator")),
    ),
)
METHODS: Mapping[str, Method] = {row.name: row for row in _ROWS}
"""By name. The first of each sense is the default."""

TRIVIAL: Mapping[Sense, tuple[str, ...]] = {
    "image": ("brightness", "contrast", "file size"),
    "sound": ("level", "log-mel mean |z|"),
}
"""Numbers that take part in every comparison: a method must do better than these."""


def methods_of(sense: Sense) -> tuple[str, ...]:
    """The names that a recipe may be set to, the default first."""
    return tuple(row.name for row in METHODS.values() if row.sense == sense)


def default_method(sense: Sense) -> str:
    return methods_of(sense)[0]


def choices_text(sense: Sense, after_default: str = "") -> str:
    """`features or seed`, in a sentence; `after_default` follows the first name."""
    first, *others = methods_of(sense)
    names = [first + after_default, *others]
    return " or ".join([", ".join(names[:-1]), names[-1]] if others else names)


def candidates_of(sense: Sense) -> tuple[str, ...]:
    """Everything that a comparison may learn: each method with its variants, then the trivial numbers."""
    rows = [row for row in METHODS.values() if row.sense == sense]
    return (*(name for row in rows for name in (row.name, *(one.name for one in row.variants))), *TRIVIAL[sense])


def quick_candidates_of(sense: Sense) -> tuple[str, ...]:
    """What a comparison learns if not everything is asked for: minutes, not an hour."""
    quick = {row.name for row in METHODS.values() if row.quick}
    quick |= {one.name for row in METHODS.values() for one in row.variants if one.quick}
    return tuple(name for name in candidates_of(sense) if name in quick)


def is_trivial(name: str) -> bool:
    return any(name in names for names in TRIVIAL.values())


def load_object(path: str) -> Any:
    """What `module:name` names. Raises ImportError and AttributeError."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)
