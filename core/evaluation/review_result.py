"""What an examination of a trained model found, as plain numbers: made in a process of its own, shown on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.state.verdict import Sense


@dataclass(frozen=True)
class GreyImage:
    """A small grey picture: rows of 0..255."""

    width: int
    height: int
    rows: str
    """Hexadecimal, two digits a pixel."""

    @property
    def grey(self) -> bytes:
        return bytes.fromhex(self.rows)


@dataclass(frozen=True)
class WorstSample:
    """A defect that looks or sounds most like good parts."""

    name: str
    state: str
    reason: str
    share: float
    """Of the alarm level, above 1 is anomalous."""
    picture: GreyImage | None = None
    map: tuple[tuple[float, ...], ...] | None = None
    """14 x 14, as the station shows it."""
    trace: tuple[tuple[float, float], ...] = ()
    """Of sound: seconds and share of the alarm level."""


@dataclass(frozen=True)
class Reconstruction:
    """A good sample beside what the autoencoder makes of it."""

    what: str
    """`picture`, `feature map`, or of sound `log-mel`, `feature rows`: what is redrawn."""
    name: str
    seen: GreyImage
    redrawn: GreyImage
    axes: str = ""
    """How it is to be read, where it is no picture."""


@dataclass(frozen=True)
class TargetCosts:
    """What a false-alarm target needs, and what it costs, for all senses together."""

    false_alarms: float
    needed: int
    held_out: int
    expected: tuple[float, float] | None
    """5-95 % band of the share of good parts that will really be called."""
    misses: int | None
    density: float | None
    """The thresholds that it gives; None where it is not supported."""
    error: float | None
    refused: str = ""


@dataclass(frozen=True)
class ModelReview:
    """One model."""

    sense: Sense
    method: str
    backbone: str
    bundle: str
    trained_at: str
    taught: int
    note: str
    """How many false alarms to expect, and how sure that is."""
    density: float
    error: float
    density_step: float
    error_step: float
    by: str
    good: int
    """Held-out good samples."""
    defects: int
    refused: int
    """Defect files that could not be read."""
    misses: int
    unknown: int
    auroc: float | None
    interval: tuple[float, float] | None
    worst: tuple[WorstSample, ...]
    sample: Reconstruction | None
    costs: tuple[TargetCosts, ...] = ()


def examined_from(said: Mapping[str, Any]) -> ModelReview:
    """Of the JSON object that `dataclasses.asdict` made. Raises KeyError, TypeError or ValueError for another one."""

    def grey(one: Any) -> GreyImage | None:
        return GreyImage(**one) if one else None

    worst = tuple(
        WorstSample(
            **{
                **one,
                "picture": grey(one["picture"]),
                "map": one["map"] and tuple(tuple(row) for row in one["map"]),
                "trace": tuple((at, share) for at, share in one["trace"]),
            }
        )
        for one in said["worst"]
    )
    sample = said["sample"] and Reconstruction(
        **{
            **said["sample"],
            "seen": GreyImage(**said["sample"]["seen"]),
            "redrawn": GreyImage(**said["sample"]["redrawn"]),
        }
    )
    costs = tuple(
        TargetCosts(**{**one, "expected": one["expected"] and tuple(one["expected"])}) for one in said["costs"]
    )
    interval = said["interval"] and tuple(said["interval"])
    return ModelReview(**{**said, "worst": worst, "sample": sample, "costs": costs, "interval": interval})
