"""Scores seconds of sound: their distance to the pictures that the DCGAN generates, and its discriminator's logit."""

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
"""Generated pictures that a real one is compared with; the nearest one counts."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """The scores of n seconds of sound; higher is more anomalous."""

    difference: Numbers
    """(n,) the largest absolute difference of a colour, 0..1, to the nearest generated picture: AMULET's measure."""
    discriminator: Numbers
    """(n,) the negated logit of the discriminator."""


MEASURES = ("difference", "discriminator")
"""The fields of Judged."""


class Detection:
    """A trained DCGAN that scores sound. The same seed generates the same pictures."""

    def __init__(self, gan: Gan, generated: int = GENERATED, seed: int = 0) -> None:
        self._gan = gan
        self._drawn = gan.draw(generated, seed).reshape(generated, -1)

    def judge(self, pictures: Pixels, told: Told | None = None) -> Judged:
        """Score pictures (n, 20, 44, 3); `told` gets the number of each before it is scored."""
        nearest = np.empty(len(pictures))
        for index, picture in enumerate(pictures.reshape(len(pictures), -1)):
            if told:
                told(index, 0.0)
            nearest[index] = np.abs(self._drawn - picture).max(axis=1).min()
        return Judged(nearest, -self._gan.realness(pictures).astype(np.float64))

    def judge_seconds(self, seconds: Sequence[Second], told: Told | None = None) -> Judged:
        """Score seconds of sound; `told` gets the number of each before it is scored."""
        return self.judge(pictures_of(seconds), told)


def write_scores(place: Path, seconds: Sequence[Second], judged: Judged, threshold: float | None) -> int:
    """Write a CSV file with a line per second; returns how many differ by more than the threshold. Raises
    GoodpartError."""
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
