"""The thresholds of a bundle: calibrated for a target, or saved in recipe.toml."""

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
    """Return the alarm rule of a recipe; `default` means the rule of the method."""
    return METHODS[method].rule if table.rule == "default" else table.rule  # type: ignore[return-value]


def smoothing(table: ImageTable | SoundTable) -> int:
    """Return the number of windows of sound that the scores are averaged over; 1 for pictures."""
    return max(1, round(table.smooth / STEP_SECONDS)) if isinstance(table, SoundTable) else 1


def held_out(bundle: Bundle, table: ImageTable | SoundTable) -> HeldOut:
    """Return the calibration scores, smoothed in the same way as the scores of the station."""
    return smoothed(bundle.held_out, smoothing(table))


def calibrated(bundle: Bundle, table: ImageTable | SoundTable, false_alarms: float) -> Thresholds:
    """Return thresholds from the bundle's held-out scores. Raises TooFewError if there are too few scores."""
    thresholds = calibrate(held_out(bundle, table), rule_of(table, bundle.method), false_alarms)
    return _in_its_steps(thresholds, bundle)


def calibrated_or_shipped(bundle: Bundle, table: ImageTable | SoundTable, false_alarms: float) -> Thresholds:
    """Return calibrated thresholds, or the method's default thresholds if there are too few scores.

    Raises TooFewError if the method has no default thresholds either.
    """
    try:
        return calibrated(bundle, table, false_alarms)
    except TooFewError:
        shipped = METHODS[bundle.method].shipped
        if shipped is None:
            raise
        return _made(bundle, table, shipped.density, shipped.reconstruction_error, "as shipped, not calibrated")


def thresholds_of(bundle: Bundle, table: ImageTable | SoundTable, false_alarms: float) -> Thresholds:
    """Return the thresholds in recipe.toml if they belong to this model, otherwise those of `calibrated_or_shipped`.

    If recipe.toml has only one threshold, the other one is calibrated. Raises TooFewError.
    """
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
    """Replace the steps by those of the method, if it has default thresholds."""
    shipped = METHODS[bundle.method].shipped
    if shipped is None:
        return thresholds
    return replace(thresholds, density_step=shipped.density_step, error_step=shipped.error_step)


def describe(bundle: Bundle, table: ImageTable | SoundTable, false_alarms: float) -> ModelInfo:
    """Return the facts about a model that the screen shows. Raises BundleError if its manifest lacks one."""
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
    """Return a text about the false alarms to expect with this model."""
    target = f"false-alarm target {percent(false_alarms)}"
    least = needed_for(rule_of(table, bundle.method), false_alarms)
    recordings = bundle.held_out.recording
    if recordings is not None:
        # The windows of one recording are alike, so the number of recordings decides.
        taught = int(bundle.facts["taught"])
        count = held_out(bundle, table).count
        if count < least:
            reachable = percent(supported(rule_of(table, bundle.method), count))
            return f"{target}, provisional: so little sound supports {reachable} or more: record more"
        if taught < WANTED_RECORDINGS:
            return f"{target}, provisional: {taught} recordings; {WANTED_RECORDINGS} from 3 units or days are needed"
        low, high = band(max(taught, least), false_alarms)
        return f"{target}, expected {100 * low:.0f}-{100 * high:.0f} % for sound like that taught"
    count = bundle.held_out.count
    if count < least:
        return f"not calibrated: {count} pictures held out, {least} needed for {percent(false_alarms)}"
    low, high = band(count, false_alarms)
    return f"{target}, expected {100 * low:.0f}-{100 * high:.0f} %"
