"""From a bundle to the detector and the thresholds to judge with."""

from __future__ import annotations

from core.bundle import Bundle, BundleError
from core.detectors.image.base import ImageDetector
from core.detectors.sound.base import SoundDetector


def load_detector(bundle: Bundle) -> ImageDetector:
    """Raises BundleError where the bundle is of an unknown method."""
    if bundle.method == "features":
        from core.detectors.image.features import FeaturesDetector

        return FeaturesDetector(bundle.arrays, bundle.networks, bundle.facts["settings"])
    if bundle.method == "seed":
        from core.detectors.image.seed import SeedDetector

        return SeedDetector(bundle.arrays, bundle.networks, bundle.facts["settings"])
    raise _unknown(bundle)


def load_sound_detector(bundle: Bundle) -> SoundDetector:
    """Raises BundleError where the bundle is of an unknown method."""
    if bundle.method == "spectrum":
        from core.detectors.sound.spectrum import SpectrumDetector

        return SpectrumDetector(bundle.arrays, bundle.networks, bundle.facts["settings"])
    if bundle.method == "amulet":
        from core.detectors.sound.amulet import AmuletDetector

        return AmuletDetector(bundle.arrays, bundle.networks, bundle.facts["settings"])
    raise _unknown(bundle)


def _unknown(bundle: Bundle) -> BundleError:
    return BundleError(f"the model's method `{bundle.method}` is not known to this goodpart; update it or train again")
