"""How far a second of sound is from what the DCGAN draws, and what its discriminator says of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.runtime.atomic_files import replace_file
from models.dcgan.dataset import RATE, Pixels, Second, pictures_of
from models.dcgan.networks import Gan
from models.dcgan.training import Told

GENERATED = 1000
"""Pictures that a real one is compared with; the nearest counts."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """n seconds of sound; higher is more anomalous."""

    difference: Numbers
    """(n,) the largest absolute difference of a colour, 0..1, to the nearest generated picture: AMULET's measure."""
    discriminator: Numbers
    """(n,) the discriminator's logit with its sign turned."""


MEASURES = ("difference", "discriminator")


class Detection:
    """A trained DCGAN as a scorer. The generated pictures are the same for the same seed."""

    def __init__(self, gan: Gan, generated: int = GENERATED, seed: int = 0) -> None:
        self._gan = gan
        self._drawn = gan.draw(generated, seed).reshape(generated, -1)

    def judge(self, pictures: Pixels, told: Told | None = None) -> Judged:
        nearest = np.empty(len(pictures))
        for at, picture in enumerate(pictures.reshape(len(pictures), -1)):
            if told:
                told(at, 0.0)
            nearest[at] = np.abs(self._drawn - picture).max(axis=1).min()
        return Judged(nearest, -self._gan.realness(pictures).astype(np.float64))

    def judge_seconds(self, seconds: Sequence[Second], told: Told | None = None) -> Judged:
        return self.judge(pictures_of(seconds), told)


def write_scores(place: Path, seconds: Sequence[Second], judged: Judged, threshold: float | None) -> int:
    """A line for each second; how many are beyond the threshold. Raises GoodpartError."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", "start", "difference", "discriminator", "threshold", "anomaly"])
    called = 0
    for second, difference, discriminator in zip(seconds, judged.difference, judged.discriminator, strict=True):
        anomalous = threshold is not None and not difference <= threshold
        called += anomalous
        row = [second.file, second.start / RATE, f"{difference:.6f}", f"{discriminator:.6f}"]
        writer.writerow([*row, "" if threshold is None else threshold, "" if threshold is None else int(anomalous)])
    replace_file(place, text.getvalue().encode())
    return called
