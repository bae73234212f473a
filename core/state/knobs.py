"""The state of the knob board and of the link to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.state.verdict import Sense, Which

Grab = Literal["density", "reconstruction_error", "both"]


KnobState = Literal["absent", "connecting", "live", "legacy", "stale", "lost"]


@dataclass(frozen=True)
class Knob:
    """The last reading of one potentiometer of the board."""

    value: float
    """The number that the board sent: 0..4095, or 0..0.4095 from the reconstruction-error knob."""
    position: float
    """Counts, 0..4095 over a full turn."""
    at: float
    """time.monotonic() when the reading arrived."""
    moved_at: float
    """time.monotonic() when the knob last moved."""
    sequence: int | None = None
    """Sequence number of the line; None from a board with the old protocol."""


@dataclass(frozen=True)
class KnobMeaning:
    """The threshold that a knob's position means."""

    sense: Sense
    which: Which
    threshold: float | None
    """None if the knob has sent no value, or one outside its span."""
    span: tuple[float, float] | None
    """Thresholds at the two ends of a full turn; None if the number that the knob sends is the threshold itself."""
    range: str
    """`span` or `raw`, as in recipe.toml."""
    around: bool
    """True if recipe.toml sets no span, so that the span is centred on the calibrated threshold."""


@dataclass(frozen=True)
class KnobLink:
    """The state of the link to the knob board."""

    state: KnobState
    port: str
    message: str = ""
    """What is wrong and what the technician can do; empty while the link is live."""
    version: int = 0
    """Version of the protocol; 0 if the board sends bare numbers."""
    firmware: str = ""
    density: Knob | None = None
    reconstruction_error: Knob | None = None
    crc_errors: int = 0
    noise: int = 0
    """Number of lines that are not part of the protocol: boot text, noise."""
    reconnects: int = 0
    grabs: int = 0
    """Number of times that thresholds were taken from the knobs since the station started."""
    answered: int | None = None
    """Sequence number of the last verdict that the board has acknowledged."""
    answered_at: float | None = None
    """time.monotonic() when that acknowledgement arrived."""
    meanings: tuple[KnobMeaning, ...] = ()

    def knob(self, which: Which) -> Knob | None:
        """Return the knob that sets the threshold `which`; None if it has sent nothing."""
        return self.density if which == "density" else self.reconstruction_error
