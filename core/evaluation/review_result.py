"""The result of a model review as plain values: a separate process makes it, the screen shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.state.verdict import Sense


@dataclass(frozen=True)
class GreyImage:
    """A small grey picture: rows of 0 to 255."""

    width: int
    height: int
    rows: str
    """Hexadecimal, two digits per pixel."""

    @property
    def grey(self) -> bytes:
        """The grey levels row by row, one byte per pixel."""
        return bytes.fromhex(self.rows)


@dataclass(frozen=True)
class WorstSample:
    """A defect that looks or sounds most like good parts."""

    name: str
    state: str
    reason: str
    share: float
    """Share of the alarm level, above 1 is anomalous."""
    picture: GreyImage | None = None
    map: tuple[tuple[float, ...], ...] | None = None
    """Anomaly map, 14 x 14, as the station shows it."""
    trace: tuple[tuple[float, float], ...] = ()
    """Only for sound: pairs of seconds and share of the alarm level."""


@dataclass(frozen=True)
class Reconstruction:
    """A good sample beside its reconstruction by the autoencoder."""

    what: str
    """What is reconstructed: `picture`, `feature map`, or for sound `log-mel`, `feature rows`."""
    name: str
    """File name of the sample."""
    seen: GreyImage
    """The input."""
    redrawn: GreyImage
    """The reconstruction."""
    axes: str = ""
    """Explains the axes; empty for a picture."""


@dataclass(frozen=True)
class TargetCosts:
    """What a false-alarm target needs, and how many defects it misses."""

    false_alarms: float
    """The target for all senses together: a share of good parts."""
    needed: int
    """Held-out good samples that the target needs."""
    held_out: int
    """Held-out good samples that there are."""
    expected: tuple[float, float] | None
    """5 to 95 % band of the real share of false alarms."""
    misses: int | None
    """Defects that would be missed."""
    density: float | None
    """The density threshold for this target; None if the samples are too few."""
    error: float | None
    """The threshold of the reconstruction error."""
    refused: str = ""
    """Why the target cannot be met; empty if it can."""


@dataclass(frozen=True)
class ModelReview:
    """The review of one model."""

    sense: Sense
    method: str
    backbone: str
    bundle: str
    """Id of the model."""
    trained_at: str
    taught: int
    """Good samples that the model learnt from."""
    note: str
    """Expected false alarms, and how certain that is."""
    density: float
    """Threshold of the density."""
    error: float
    """Threshold of the reconstruction error."""
    density_step: float
    error_step: float
    by: str
    """Who set the thresholds."""
    good: int
    """Held-out good samples."""
    defects: int
    """Judged defect files."""
    refused: int
    """Unreadable defect files."""
    misses: int
    """Defects that were judged OK."""
    unknown: int
    """Defects with the verdict UNKNOWN."""
    auroc: float | None
    interval: tuple[float, float] | None
    """95 % interval of the AUROC."""
    worst: tuple[WorstSample, ...]
    sample: Reconstruction | None
    costs: tuple[TargetCosts, ...] = ()


def examined_from(review: Mapping[str, Any]) -> ModelReview:
    """Rebuild a review from the JSON object of `dataclasses.asdict`. Raises KeyError, TypeError or ValueError if the
    object is invalid."""

    def grey(image: Any) -> GreyImage | None:
        return GreyImage(**image) if image else None

    worst = tuple(
        WorstSample(
            **{
                **case,
                "picture": grey(case["picture"]),
                "map": case["map"] and tuple(tuple(row) for row in case["map"]),
                "trace": tuple((seconds, share) for seconds, share in case["trace"]),
            }
        )
        for case in review["worst"]
    )
    sample = review["sample"] and Reconstruction(
        **{
            **review["sample"],
            "seen": GreyImage(**review["sample"]["seen"]),
            "redrawn": GreyImage(**review["sample"]["redrawn"]),
        }
    )
    costs = tuple(
        TargetCosts(**{**cost, "expected": cost["expected"] and tuple(cost["expected"])}) for cost in review["costs"]
    )
    interval = review["interval"] and tuple(review["interval"])
    return ModelReview(**{**review, "worst": worst, "sample": sample, "costs": costs, "interval": interval})
