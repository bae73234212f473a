"""From a bundle to the detector and the thresholds to judge with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.bundle import Bundle, BundleError
from core.calibration import TooFewError, band, calibrate, made_thresholds, needed_for, percent
from core.detectors.base import Detector
from core.recipe import ImageTable
from core.snapshot import Model, Rule, Thresholds

DEFAULT_RULES: Mapping[str, Rule] = {"features": "sum", "seed": "and"}


def load_detector(bundle: Bundle) -> Detector:
    """Raises BundleError where the bundle is of an unknown method."""
    if bundle.method == "features":
        from core.detectors.features import FeaturesDetector

        return FeaturesDetector(bundle.arrays, bundle.networks, bundle.facts["settings"])
    if bundle.method == "seed":
        from core.detectors.seed import SeedDetector

        return SeedDetector(bundle.arrays, bundle.networks, bundle.facts["settings"])
    raise BundleError(f"the model's method `{bundle.method}` is not known to this goodpart; update it or train again")


def rule_of(table: ImageTable, method: str) -> Rule:
    return DEFAULT_RULES[method] if table.rule == "default" else table.rule  # type: ignore[return-value]


def calibrated(bundle: Bundle, table: ImageTable, false_alarms: float | None = None) -> Thresholds:
    """Thresholds from the bundle's held-out scores; the seed's as shipped where there are too few for that.

    Raises TooFewError.
    """
    target = table.false_alarms if false_alarms is None else false_alarms
    rule = rule_of(table, bundle.method)
    try:
        thresholds = calibrate(bundle.held_out, rule, target)
    except TooFewError:
        if bundle.method != "seed" or false_alarms is not None:
            raise
        from core.detectors import seed

        thresholds = made_thresholds(
            bundle.held_out,
            rule,
            seed.SHIPPED_DENSITY_THRESHOLD,
            seed.SHIPPED_ERROR_THRESHOLD,
            "as shipped, not calibrated",
        )
    if bundle.method == "seed":
        return replace(thresholds, density_step=1.0, error_step=0.0001)
    return thresholds


def thresholds_of(bundle: Bundle, table: ImageTable) -> Thresholds:
    """What recipe.toml says where it speaks of this model, else what the calibration gives. Raises TooFewError."""
    saved = table.thresholds
    density, error = saved.density, saved.reconstruction_error
    if saved.model not in (None, bundle.id) or (density is None and error is None):
        return calibrated(bundle, table)
    if density is None or error is None:
        others = calibrated(bundle, table)
        density = others.density if density is None else density
        error = others.reconstruction_error if error is None else error
    made = made_thresholds(bundle.held_out, rule_of(table, bundle.method), density, error, saved.by or "recipe.toml")
    return replace(made, density_step=1.0, error_step=0.0001) if bundle.method == "seed" else made


def describe(bundle: Bundle, table: ImageTable) -> Model:
    """What the screen says of the model. Raises BundleError where its manifest does not tell."""
    try:
        return _described(bundle, table)
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"the model's manifest lacks what this goodpart needs ({error!r}); train again") from error


def _described(bundle: Bundle, table: ImageTable) -> Model:
    count = len(bundle.held_out_density)
    want = needed_for(rule_of(table, bundle.method), table.false_alarms)
    if count >= want:
        low, high = band(count, table.false_alarms)
        sure = f"{percent(table.false_alarms)} false alarms asked, {100 * low:.0f}-{100 * high:.0f} % to expect"
    else:
        sure = f"not calibrated: {count} pictures held out, {percent(table.false_alarms)} takes {want}"
    return Model(
        method=bundle.method,
        bundle=bundle.id,
        taught=int(bundle.facts["taught"]),
        trained_at=str(bundle.facts["trained_at"]),
        backbone=str(bundle.facts["backbone"]),
        note="; ".join([sure, *bundle.facts["notes"]]),
    )
