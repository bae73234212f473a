"""Applies a trained sound model: sound in, judged windows out. Shared by the station and `score`."""

from __future__ import annotations

import time
from collections import deque

import numpy as np

from core.bundle import Bundle, BundleError
from core.decision.calibration import conformal_threshold, smoothed, window_rate
from core.decision.rule import is_anomalous, shares
from core.decision.rule_arrays import share_arrays
from core.decision.thresholds import smoothing
from core.decision.verdict import reason
from core.decision.whole_recording import WholeRecording, whole_recording
from core.detectors.load import load_sound_detector
from core.detectors.sound.base import WindowScores
from core.errors import GoodpartError
from core.health.microphone import TaughtSound
from core.inference.judge import Judge, share_of_alarm
from core.recipes.recipe import Recipe
from core.samples import Sound
from core.state.verdict import SoundJudgement, Thresholds


class SoundJudge(Judge):
    """Judges sound. Scores are running means over the recipe's `smooth` seconds, at the beginning over fewer."""

    sense = "sound"

    def __init__(self, recipe: Recipe, bundle: Bundle) -> None:
        """Raises GoodpartError if the bundle cannot be used or cannot support the recipe's false-alarm rate."""
        try:
            self._detector = load_sound_detector(bundle)
            self.taught = TaughtSound.from_json(bundle.facts["health"])
            learnt = bundle.facts["channel"], bundle.facts["level"]
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(f"{recipe.name}: the sound model cannot be used ({error!r}); train again") from error
        wanted = recipe.settings.microphone.channel, recipe.settings.sound.level
        if learnt != wanted:
            raise BundleError(
                f"{recipe.name}: channel and level in recipe.toml are not those that the sound model learnt with;"
                " train again or put them back"
            )
        self.rate = self._detector.rate
        """Samples per second that `push` expects."""
        self.spectrum: tuple[float, ...] = ()
        """Spectrum of the newest 0.1 s: dB per band from low to high."""
        self._false_alarms = recipe.false_alarms
        self._count = smoothing(recipe.settings.sound)
        self._windows: deque[tuple[float, float]] = deque(maxlen=self._count)
        self._judged = 0
        super().__init__(recipe, bundle)

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Use these thresholds for the next windows."""
        super().set_thresholds(thresholds)
        self._shrink = self._early_factors(thresholds)

    def calibrate(self, recipe: Recipe) -> None:
        """Calibrate for the recipe's present false-alarm rate and smoothing. Raises TooFewError."""
        super().calibrate(recipe)
        self._false_alarms = recipe.false_alarms
        self._count = smoothing(recipe.settings.sound)
        self._windows = deque(self._windows, maxlen=self._count)
        self.set_thresholds(self.thresholds)

    def _early_factors(self, thresholds: Thresholds) -> list[float]:
        """The factors, at least 1, by which means of only 1, 2, ... windows are shrunk towards the typical value.

        Means of fewer windows scatter more; shrunk, they raise no more false alarms than the mean of all.
        """

        def level(count: int) -> float:
            good = smoothed(self.bundle.held_out, count)
            shares = share_arrays(good.density, good.reconstruction_error, thresholds)
            return conformal_threshold(shares, window_rate(good, self._false_alarms))

        try:
            whole = level(self._count)
            # Every fourth count is enough; the values between are interpolated.
            counts = sorted({1, *range(4, self._count, 4), self._count})
            levels = [level(count) for count in counts]
        except GoodpartError:  # too few held-out windows
            return [1.0] * self._count
        every = np.interp(np.arange(1, self._count + 1), counts, levels)
        return [float(v) for v in np.maximum(1.0, every / whole)] if whole > 0 else [1.0] * self._count

    def reset(self) -> None:
        """Forget the sound so far: the next samples do not follow it."""
        self._detector.reset()
        self._windows.clear()
        self.spectrum = ()

    def push(self, samples: Sound) -> list[SoundJudgement]:
        """Judge the windows that these samples, float32 (n,) at `rate`, complete."""
        start = time.perf_counter()
        windows = self.listen(samples)
        each = 1000 * (time.perf_counter() - start) / max(1, len(windows))
        return [self.judge(window, each) for window in windows]

    def listen(self, samples: Sound) -> list[WindowScores]:
        """Score the windows that these samples, float32 (n,) at `rate`, complete; the scores are not smoothed."""
        return self._detector.push(samples)

    def judge(self, window: WindowScores, milliseconds: float = 0.0) -> SoundJudgement:
        """Smooth the scores of the next window and compare them with the thresholds now in force."""
        if window.spectrum is not None:
            self.spectrum = tuple(float(value) for value in window.spectrum)
        # Read once: another thread may set thresholds meanwhile.
        t, ranking, shrink = self.thresholds, self.ranking, self._shrink
        self._windows.append((window.density, window.reconstruction_error))
        count = len(self._windows)
        factor = shrink[min(count, len(shrink)) - 1]
        density, error = (sum(scores) / count for scores in zip(*self._windows, strict=True))
        density = t.typical_density + (density - t.typical_density) / factor
        error = t.typical_error + (error - t.typical_error) / factor
        self._judged += 1
        used = share_of_alarm(density, error, t)
        return SoundJudgement(
            number=self._judged,
            start=window.start,
            end=window.end,
            density=density,
            reconstruction_error=error,
            anomalous=is_anomalous(density, error, t),
            share=used,
            score=ranking.score(used),
            p_value=ranking.p_value(used),
            head=window.head,
            milliseconds=milliseconds,
        )

    def for_whole(self, windows: int | None = None) -> WholeRecording:
        """The rule for whole recordings, or for means over `windows` windows."""
        return whole_recording(self.bundle.held_out, self.thresholds, self.calibrated, self._false_alarms, windows)

    def named(self, heard: SoundJudgement) -> str:
        """The main cause of a window's score, as text: the band or feature, or the reconstruction."""
        density_share, error_share = shares(heard.density, heard.reconstruction_error, self.thresholds)
        return heard.head if heard.head and density_share >= error_share else "redrawn badly"

    def reason(self, heard: SoundJudgement, thresholds: Thresholds | None = None) -> str:
        """The reason of the verdict: the deciding score, and its cause in the sound. `thresholds` are those of a whole
        recording; by default those of a window."""
        text = reason(heard.density, heard.reconstruction_error, thresholds or self.thresholds, heard.anomalous)
        return f"{heard.head}: {text}" if heard.anomalous and self.named(heard) == heard.head else text
