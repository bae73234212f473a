"""The available methods, one row per method. The code of a method is imported when it is first used.

A new method needs a detector, a learner and one row here.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.state.verdict import Rule, Sense


@dataclass(frozen=True)
class ShippedThresholds:
    """The default thresholds of a method, used until there are enough held-out scores for a calibration."""

    density: float
    reconstruction_error: float
    density_step: float
    error_step: float


@dataclass(frozen=True)
class Variant:
    """A variant of a method that only takes part in comparisons; a recipe cannot use it."""

    name: str
    quick: bool = False
    """True if it learns in minutes."""


@dataclass(frozen=True)
class Method:
    """A method: what it judges, and where its code is."""

    name: str
    """The name in recipe.toml, in model files and on the command line."""
    sense: Sense
    rule: Rule
    """The alarm rule for recipes with the rule `default`."""
    detector: str
    """`module:class`; the class is created from the arrays, networks and settings of a bundle."""
    learner: str
    """`module:function`; the function takes a lesson and a progress object and returns a `models.base.Learnt`. Only the
    package models loads it."""
    quick: bool = True
    """True if it learns in minutes."""
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
        # The default thresholds of the original system and the steps of its spin boxes.
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
"""The name of each method to its row. The first method of a sense is the default."""

TRIVIAL: Mapping[Sense, tuple[str, ...]] = {
    "image": ("brightness", "contrast", "file size"),
    "sound": ("level", "log-mel mean |z|"),
}
"""Trivial scores that take part in every comparison as a baseline: a useful method must beat them."""


def methods_of(sense: Sense) -> tuple[str, ...]:
    """Return the names of the methods that a recipe can use for a sense, the default first."""
    return tuple(row.name for row in METHODS.values() if row.sense == sense)


def default_method(sense: Sense) -> str:
    """Return the name of the default method of a sense."""
    return methods_of(sense)[0]


def choices_text(sense: Sense, after_default: str = "") -> str:
    """Return the methods of a sense as text, for example `features or seed`; `after_default` is appended to the first
    name."""
    first, *others = methods_of(sense)
    names = [first + after_default, *others]
    return " or ".join([", ".join(names[:-1]), names[-1]] if others else names)


def candidates_of(sense: Sense) -> tuple[str, ...]:
    """Return the names of all candidates of a comparison: each method with its variants, then the trivial scores."""
    rows = [row for row in METHODS.values() if row.sense == sense]
    names = (name for row in rows for name in (row.name, *(variant.name for variant in row.variants)))
    return (*names, *TRIVIAL[sense])


def quick_candidates_of(sense: Sense) -> tuple[str, ...]:
    """Return the default candidates of a comparison: those that learn in minutes. The trivial scores are not among
    them."""
    quick = {row.name for row in METHODS.values() if row.quick}
    quick |= {variant.name for row in METHODS.values() for variant in row.variants if variant.quick}
    return tuple(name for name in candidates_of(sense) if name in quick)


def is_trivial(name: str) -> bool:
    """Whether a candidate of a comparison is a trivial score."""
    return any(name in names for names in TRIVIAL.values())


def load_object(path: str) -> Any:
    """Import and return the object `module:name`. Raises ImportError or AttributeError if it does not exist."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)
