"""Creates the detector of a bundle."""

from __future__ import annotations

from typing import Any

from core.bundle import Bundle, BundleError
from core.detectors.image.base import ImageDetector
from core.detectors.sound.base import SoundDetector
from core.methods import METHODS, load_object
from core.state.verdict import Sense


def load_detector(bundle: Bundle) -> ImageDetector:
    """The image detector of a bundle. Raises BundleError if its method is unknown or not one for pictures."""
    detector: ImageDetector = _load(bundle, "image")
    return detector


def load_sound_detector(bundle: Bundle) -> SoundDetector:
    """The sound detector of a bundle. Raises BundleError if its method is unknown or not one for sound."""
    detector: SoundDetector = _load(bundle, "sound")
    return detector


def _load(bundle: Bundle, sense: Sense) -> Any:
    method = METHODS.get(bundle.method)
    if method is None or method.sense != sense:
        raise BundleError(
            f"the model's method `{bundle.method}` is unknown to this version of goodpart: update it or train again"
        )
    return load_object(method.detector)(bundle.arrays, bundle.networks, bundle.facts["settings"])
