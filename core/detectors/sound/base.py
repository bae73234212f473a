"""What every detector of sound gives for a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.detectors.image.base import Floats
from core.samples import Sound

STEP_SECONDS = 0.1
"""From one window to the next."""


@dataclass(frozen=True)
class WindowScores:
    """One window of sound."""

    start: float
    """Seconds since `reset`."""
    end: float
    density: float
    """Up to an affine map the log density of the window under the good class: higher is more normal. Methods without
    one give 0."""
    reconstruction_error: float
    """How badly the autoencoder redraws the window: higher is less normal."""
    head: str = ""
    """What of the density speaks most against the window, in words: `modulation, 1.2-3.4 kHz`."""
    heads: Mapping[str, float] | None = None
    """The parts of the density and the error by name, in one unit: higher is more anomalous."""
    spectrum: npt.NDArray[np.float32] | None = None
    """(bands,) what the window's newest 0.1 s sounds like, dB by band from low to high, for the eye."""


class SoundDetector(Protocol):
    """Made from a bundle by `core.detectors.load.load_sound_detector`; used by one thread at a time."""

    method: str
    rate: int
    """Samples a second that `push` takes."""

    def reset(self) -> None:
        """Forget: what comes now has nothing to do with what was heard."""

    def push(self, samples: Sound) -> list[WindowScores]:
        """The windows that these samples, of any number, complete; one every 0.1 s once the first is full."""

    def redraw(self, samples: Sound) -> tuple[str, Floats, Floats]:
        """What the autoencoder sees of the middle of these samples, two seconds or more, and what it makes of it, to
        look at side by side: what that is in a word, and two float32 arrays (height, width) of one scale, time from
        left to right. What was pushed is not touched."""
