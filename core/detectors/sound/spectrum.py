"""The method `spectrum`: how far the newest second is from good sound in spectrum, modulation and tones, and its
reconstruction error by an autoencoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from core.detectors.components.linear_autoencoder import LinearAutoencoder
from core.detectors.components.mahalanobis_ensemble import MahalanobisHead
from core.detectors.sound.base import WindowScores
from core.features.sound.mel import Floats
from core.features.sound.spectrum import (
    ENVELOPE_BANDS,
    ENVELOPE_EDGES,
    MEL_BANDS,
    MEL_EDGES,
    MODULATION_BINS,
    RATE,
    TONE_BANDS,
    SpectrumFeatures,
    Windows,
)
from core.runtime.litert import make_interpreter
from core.samples import Sound

DENSITIES = ("raw", "mod", "tone", "level")


class RecurrentAutoencoder:
    """Reconstructs standardised blocks by k networks (LiteRT), or k linear ones if trained without TensorFlow."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], networks: Mapping[str, bytes]) -> None:
        self._centre = np.asarray(arrays["blocks_centre"], np.float32)
        self._spread = np.asarray(arrays["blocks_spread"], np.float32)
        self.typical, self.unit = (float(v) for v in np.asarray(arrays["blocks_scale"], np.float64))
        self._networks = [make_interpreter(networks[name]) for name in sorted(networks)]
        self._runs = [network.get_signature_runner() for network in self._networks]
        self._linear: list[LinearAutoencoder] = []
        if not networks:
            pairs = zip(arrays["blocks_mean"], arrays["blocks_components"], strict=True)
            self._linear = [LinearAutoencoder(mean, components) for mean, components in pairs]

    def errors(self, blocks: Floats) -> npt.NDArray[np.float64]:
        """Log mean squared errors, float64 (k,), of the blocks (10, 128) of one window."""
        z = standardised(blocks[None], self._centre, self._spread)
        if self._linear:
            flat = z.reshape(1, -1)
            return np.array([log_error(linear.squared_errors(flat[:, None])[0].mean()) for linear in self._linear])
        return np.array([log_error(np.mean((drawn - z) ** 2)) for drawn in self._run_networks(z)])

    def _run_networks(self, z: Floats) -> list[Floats]:
        return [next(iter(run(blocks=z).values())) for run in self._runs]

    def redraw(self, blocks: Floats) -> Floats:
        """The mean of the k reconstructions, float32 (10, 128), of the blocks (10, 128) of one window."""
        z = standardised(blocks[None], self._centre, self._spread)
        drawn = [linear.redraw(z.reshape(1, 1, -1)).reshape(z.shape) for linear in self._linear]
        drawn = drawn or self._run_networks(z)
        return np.asarray(np.mean(drawn, axis=0)[0] * self._spread + self._centre, np.float32)

    def score(self, blocks: Floats) -> float:
        """The mean log error: 0 for a typical good window; higher is more anomalous."""
        return (float(self.errors(blocks).mean()) - self.typical) / self.unit


def standardised(blocks: Floats, centre: Floats, spread: Floats) -> Floats:
    """Blocks (n, 10, 128) in standard deviations from the centre, float32."""
    return np.asarray((blocks - centre) / spread, np.float32)


def log_error(mean_square: npt.ArrayLike) -> Any:
    """The natural logarithm of mean squared errors of any shape; finite also for 0."""
    return np.log(np.asarray(mean_square, np.float64) + 1e-6)


class SpectrumDetector:
    """A SoundDetector of the method `spectrum`."""

    method = "spectrum"
    rate = RATE

    def __init__(
        self, arrays: Mapping[str, npt.NDArray[Any]], networks: Mapping[str, bytes], settings: Mapping[str, Any]
    ) -> None:
        """Raises KeyError if an array or setting is missing."""
        self._heads = {
            name: MahalanobisHead.from_arrays(name, arrays) for name in DENSITIES if name in settings["heads"]
        }
        self._autoencoder = RecurrentAutoencoder(arrays, networks)
        self._usual_level = float(settings["usual_level"])
        self.reset()

    def reset(self) -> None:
        """Forget all samples; the next ones do not continue them."""
        self._features = SpectrumFeatures()

    def push(self, samples: Sound) -> list[WindowScores]:
        """The scores of the windows that these samples, float32 (n,) at 16 kHz, complete."""
        windows = self._features.push(samples)
        return [self._judge(windows, index) for index in range(len(windows))]

    def redraw(self, samples: Sound) -> tuple[str, Floats, Floats]:
        """The log-mel of the middle window in 10 blocks and its reconstruction, float32 (64, 10) each."""
        windows = SpectrumFeatures().push(samples)
        blocks = windows.blocks[len(windows) // 2]
        # Only the means of each block, not the standard deviations; low frequencies at the bottom.
        original, redrawn = (values[:, MEL_BANDS - 1 :: -1].T for values in (blocks, self._autoencoder.redraw(blocks)))
        return "log-mel", original, redrawn

    def _judge(self, windows: Windows, index: int) -> WindowScores:
        vectors = {name: getattr(windows, name)[index] for name in self._heads}
        scores = {name: head.score(vectors[name]) for name, head in self._heads.items()}
        worst = max(scores, key=lambda name: scores[name])
        error = self._autoencoder.score(windows.blocks[index])
        end = float(windows.ends[index]) / RATE
        return WindowScores(
            start=max(0.0, end - 1.0),
            end=end,
            density=-scores[worst],
            reconstruction_error=error,
            head=self._describe(worst, vectors[worst]),
            heads={**scores, "autoencoder": error},
            spectrum=windows.eye[index],
        )

    def _describe(self, name: str, vector: Floats) -> str:
        """The head, and where in the spectrum it is farthest from good sound, as text."""
        if name == "level":
            return f"level {float(vector[0]) - self._usual_level:+.0f} dB"
        shares = self._heads[name].shares(vector)
        if name == "tone":
            band = int(np.argmax(shares))
            return f"tone near {(band + 0.5) * RATE / 2 / TONE_BANDS / 1000:.1f} kHz"
        if name == "raw":
            return f"spectrum, {_range(shares, MEL_EDGES)}"
        by_band = shares[: MODULATION_BINS * ENVELOPE_BANDS].reshape(MODULATION_BINS, ENVELOPE_BANDS).sum(axis=0)
        return f"modulation, {_range(by_band + shares[MODULATION_BINS * ENVELOPE_BANDS :], ENVELOPE_EDGES)}"


def _range(shares: npt.NDArray[np.float64], edges: npt.NDArray[np.float64]) -> str:
    """The band with the largest share and its neighbours with at least half of it, as text."""
    first = last = int(np.argmax(shares))
    enough = 0.5 * shares[first]
    while first > 0 and shares[first - 1] >= enough:
        first -= 1
    while last + 1 < len(shares) and shares[last + 1] >= enough:
        last += 1
    # The triangles of neighbours overlap by half.
    low, high = (edges[first] + edges[first + 1]) / 2, (edges[last + 1] + edges[last + 2]) / 2
    return f"{low:.0f}-{high:.0f} Hz" if high < 1000 else f"{low / 1000:.1f}-{high / 1000:.1f} kHz"
