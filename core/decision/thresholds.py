"""The thresholds of a bundle: calibrated for a target, or as recipe.toml names them."""

from __future__ import annotations

from dataclasses import replace

from core.bundle import Bundle, BundleError, HeldOut
from core.decision.calibration import (
    WANTED_RECORDINGS,
    TooFewError,
    band,
    calibrate,
    made_thresholds,
    needed_for,
    percent,
    smoothed,
    supported,
)
from core.detectors.sound.base import STEP_SECONDS
from core.methods import METHODS
from core.settings.recipe_settings import ImageTable, SoundTable
from core.state.verdict import ModelInfo, Rule, Thresholds


def rule_of(table: ImageTable | SoundTable, method: str) -> Rule:
    return METHODS[method].rule if table.rule == "default" else table.rule  # type: ignore[return-value]


def smoothing(table: ImageTable | SoundTable) -> int:
    """Over how many windows of sound the scores are averaged; pictures are not."""
    return max(1, round(table.smooth / STEP_SECONDS)) if isinstance(table, SoundTable) else 1


def held_out(bundle: Bundle, table: ImageTable | SoundTable) -> HeldOut:
    """The calibration scores as the station sees scores: smoothed where it smooths."""
    return smoothed(bundle.held_out, smoothing(table))


def calibrated(bundle: Bundle, table: ImageTable | SoundTable, false_alarms: float) -> Thresholds:
    """Thresholds from the bundle's held-out scores. Raises TooFewError."""
    thresholds = calibrate(held_out(bundle, table), rule_of(table, bundle.method), false_alarms)
    return _in_its_steps(thresholds, bundle)


def calibrated_or_shipped(bundle: Bundle, table: ImageTable | SoundTable, false_alarms: float) -> Thresholds:
    """The same; if there are too few scores for that, the thresholds that come with the method. Raises TooFewError."""
    try:
        return calibrated(bundle, table, false_alarms)
    except TooFewError:
        shipped = METHODS[bundle.method].shipped
        if shipped is None:
            raise
        return _made(bundle, table, shipped.density, shipped.reconstruction_error, "as shipped, not calibrated")


def thresholds_of(bundle: Bundle, table: ImageTable | SoundTable, false_alarms: float) -> Thresholds:
    """What recipe.toml says where it speaks of this model, else what the calibration gives. Raises TooFewError."""
    saved = table.thresholds
    density, error = saved.density, saved.reconstruction_error
    if saved.model not in (None, bundle.id) or (density is None and error is None):
        return calibrated_or_shipped(bundle, table, false_alarms)
    if density is None or error is None:
        others = calibrated_or_shipped(bundle, table, false_alarms)
        density = others.density if density is None else density
        error = others.reconstruction_error if error is None else error
    return _made(bundle, table, density, error, saved.by or "recipe.toml")


def _made(bundle: Bundle, table: ImageTable | SoundTable, density: float, error: float, by: str) -> Thresholds:
    made = made_thresholds(held_out(bundle, table), rule_of(table, bundle.method), density, error, by)
    return _in_its_steps(made, bundle)


def _in_its_steps(thresholds: Thresholds, bundle: Bundle) -> Thresholds:
    """A method with thresholds of its own has steps of its own."""
    shipped = METHODS[bundle.method].shipped
    if shipped is None:
        return thresholds
    return replace(thresholds, density_step=shipped.density_step, error_step=shipped.error_step)


def describe(bundle: Bundle, table: ImageTable | SoundTable, false_alarms: float) -> ModelInfo:
    """What the screen says of the model. Raises BundleError where its manifest does not tell."""
    try:
        return ModelInfo(
            method=bundle.method,
            bundle=bundle.id,
            taught=int(bundle.facts["taught"]),
            trained_at=str(bundle.facts["trained_at"]),
            backbone=str(bundle.facts["backbone"]),
            note="; ".join([expected(bundle, table, false_alarms), *bundle.facts["notes"]]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"the model's manifest lacks what this goodpart needs ({error!r}); train again") from error


def expected(bundle: Bundle, table: ImageTable | SoundTable, false_alarms: float) -> str:
    """How many false alarms to expect, in words."""
    asked = f"{percent(false_alarms)} false alarms asked"
    want = needed_for(rule_of(table, bundle.method), false_alarms)
    recordings = bundle.held_out.recording
    if recordings is not None:
        # Windows of one recording are alike: recordings count.
        taught = int(bundle.facts["taught"])
        count = held_out(bundle, table).count
        if count < want:
            least = percent(supported(rule_of(table, bundle.method), count))
            return f"{asked}; provisional: so little sound supports {least}: record more"
        if taught < WANTED_RECORDINGS:
            return f"{asked}; provisional: {taught} recordings, {WANTED_RECORDINGS} from 3 units or days vouch for it"
        low, high = band(max(taught, want), false_alarms)
        return f"{asked}, {100 * low:.0f}-{100 * high:.0f} % to expect of sound like that taught"
    count = bundle.held_out.count
    if count < want:
        return f"not calibrated: {count} pictures held out, {percent(false_alarms)} takes {want}"
    low, high = band(count, false_alarms)
    return f"{asked}, {100 * low:.0f}-{100 * high:.0f} % to expect"
