"""The link to the board with the knobs at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.state.verdict import Sense, Which

Grab = Literal["density", "reconstruction_error", "both"]


KnobState = Literal["absent", "connecting", "live", "legacy", "stale", "lost"]


@dataclass(frozen=True)
class Knob:
    """A potentiometer of the board on the desk."""

    value: float
    """As it was sent: 0..4095, or 0..0.4095 of the reconstruction-error knob."""
    position: float
    """In counts of a full turn of 4095."""
    at: float
    """time.monotonic() when it came."""
    moved_at: float
    sequence: int | None = None
    """Of the line; None of an old board."""


@dataclass(frozen=True)
class KnobMeaning:
    """What a knob's position would be as a threshold."""

    sense: Sense
    which: Which
    threshold: float | None
    """None where the knob says nothing, or something beyond its span."""
    span: tuple[float, float] | None
    """Thresholds at the ends of a full turn; None where the knob's number itself is the threshold."""
    range: str
    """`span` or `raw`, as in recipe.toml."""
    around: bool
    """The span lies around the calibrated threshold, recipe.toml names none."""


@dataclass(frozen=True)
class KnobLink:
    """The link to the knobs at one moment."""

    state: KnobState
    port: str
    message: str = ""
    """In words, when it is not live: what is wrong, what the technician can do."""
    version: int = 0
    """Of the protocol; 0 for bare lines."""
    firmware: str = ""
    density: Knob | None = None
    reconstruction_error: Knob | None = None
    crc_errors: int = 0
    noise: int = 0
    """Lines that mean nothing: boot text, noise."""
    reconnects: int = 0
    grabs: int = 0
    """Times that thresholds were taken from them since the station began."""
    answered: int | None = None
    """Sequence number of the last verdict that the board has answered."""
    answered_at: float | None = None
    """time.monotonic()"""
    meanings: tuple[KnobMeaning, ...] = ()

    def knob(self, which: Which) -> Knob | None:
        return self.density if which == "density" else self.reconstruction_error
