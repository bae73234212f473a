"""Thresholds that the operator requested and that are not in a snapshot yet."""

from __future__ import annotations

from dataclasses import replace

from core.state.verdict import Thresholds, Which


class PendingThresholds:
    """Keeps values requested by keys until a snapshot confirms them, so that fast presses add up although snapshots
    lag."""

    PATIENCE = 3.0
    """Seconds after which an unconfirmed value is dropped: the station's own value counts."""

    def __init__(self) -> None:
        self._asked: dict[Which, tuple[float, float]] = {}

    def move(self, which: Which, steps: int, thresholds: Thresholds, now: float) -> float:
        """Move the shown value of a threshold by `steps` fine steps; remember and return the new value."""
        step = _step(thresholds, which)
        value = round(_value(self.over(thresholds), which) + steps * step, 12)
        self._asked[which] = value, now
        return value

    def settle(self, thresholds: Thresholds | None, now: float) -> None:
        """Drop the values that the station has confirmed or has not accepted in time."""
        for which, (value, at) in list(self._asked.items()):
            confirmed = thresholds is not None and (
                abs(_value(thresholds, which) - value) <= 0.01 * _step(thresholds, which)
            )
            if confirmed or now - at > self.PATIENCE:
                del self._asked[which]

    def forget(self) -> None:
        """Drop all values, because a calibration or a new model sets the thresholds."""
        self._asked.clear()

    def over(self, thresholds: Thresholds) -> Thresholds:
        """Return the station's thresholds, with the pending values in their place."""
        for which, (value, _) in self._asked.items():
            if which == "density":
                thresholds = replace(thresholds, density=value, by="key")
            else:
                thresholds = replace(thresholds, reconstruction_error=value, by="key")
        return thresholds

    def __bool__(self) -> bool:
        return bool(self._asked)


def _value(thresholds: Thresholds, which: Which) -> float:
    return thresholds.density if which == "density" else thresholds.reconstruction_error


def _step(thresholds: Thresholds, which: Which) -> float:
    return thresholds.density_step if which == "density" else thresholds.error_step
