"""The link to the knobs as a state machine. Pure: the owner of the port reports each event with its time."""

from __future__ import annotations

from dataclasses import replace

from core.knobs.protocol import Answer, Damaged, Frame, Heartbeat, Lines, Placed, Reading, parse
from core.state.knobs import Grab, Knob, KnobLink
from core.state.verdict import Sense, Which

FRESH_SECONDS = 2.0
"""Seconds. An older value is stale: it is marked on the screen and cannot be grabbed."""
STILL_SECONDS = 1.0
"""Seconds a knob must be still before it can be grabbed."""
LEGACY_WOBBLE = 41.0
"""Counts of 4095 that a bare potentiometer wobbles without being turned (1 %)."""
NAMES: dict[Which, str] = {"density": "density", "reconstruction_error": "error"}


def stale(knob: Knob, now: float) -> bool:
    """Whether the knob's value is older than 2 s; `now` is time.monotonic()."""
    return now - knob.at > FRESH_SECONDS


def whiches(grab: Grab) -> tuple[Which, ...]:
    """The knobs that a grab takes: one, or both."""
    return ("density", "reconstruction_error") if grab == "both" else (grab,)


def refusal(link: KnobLink | None, grab: Grab, sense: Sense, now: float) -> str:
    """Why the knobs cannot be grabbed, as a sentence; empty if they can."""
    if link is None:
        return "there are no knobs: start with --knobs PORT (goodpart devices lists the ports)"
    for which in whiches(grab):
        reason = _not_grabbable(link, which, sense, now)
        if reason:
            return f"not grabbed: the {NAMES[which]} knob {reason}"
    return ""


def _not_grabbable(link: KnobLink, which: Which, sense: Sense, now: float) -> str:
    knob = link.knob(which)
    if knob is None:
        return "has sent nothing yet"
    if link.state in ("absent", "connecting", "lost"):
        return f"is not connected: the link is {link.state}"
    if stale(knob, now):
        return f"is stale: its last value is {now - knob.at:.0f} s old"
    if now - knob.moved_at < STILL_SECONDS:
        return "is still moving: let go for a second"
    meaning = next((known for known in link.meanings if (known.sense, known.which) == (sense, which)), None)
    if meaning is not None and meaning.span is not None and meaning.threshold is None:
        return "is beyond its span: set its range to raw, or set a wider span"
    return ""


class Link:
    """The state of the link to one board; `status` is replaced by a new object after every change.

    All times are time.monotonic() in seconds.
    """

    def __init__(self, port: str) -> None:
        self.status = KnobLink("absent" if not port else "connecting", port)
        self._lines = Lines()
        self._heard_at: float | None = None
        self._opened_at = 0.0
        self._ever_open = False
        self._resting: dict[Which, float] = {}
        """Position of each knob when it last moved, in counts of a full turn."""

    def opened(self, now: float) -> None:
        """The port was opened: forget the old board and wait for a line."""
        was_there = self.status.state == "lost"
        self._lines = Lines()
        self._heard_at, self._opened_at, self._ever_open = None, now, True
        self._set(state="connecting", message="waiting for the board", version=0, firmware="", answered=None)
        if was_there:
            self._set(reconnects=self.status.reconnects + 1)

    def closed(self, why: str) -> None:
        """The port was lost or cannot be opened; `why` becomes the message. The last values become invalid."""
        self._heard_at = None
        self._set(state="lost" if self._ever_open else "absent", message=why, version=0)

    def received(self, data: bytes, now: float) -> list[Frame]:
        """Update the status from received bytes; returns the frames in them that are valid."""
        frames: list[Frame] = []
        noise = 0
        for line in self._lines.feed(data):
            frame = None if line is None else parse(line)
            if isinstance(frame, Reading) and frame.legacy and self.status.version == 1:
                frame = Damaged()  # this board adds checksums, so a bare line is half a line
            if isinstance(frame, Damaged):
                self._set(crc_errors=self.status.crc_errors + 1)
            elif isinstance(frame, Placed) and self.status.state != "live":
                noise += 1  # pressed before the link was live: not about the part that is in place now
            elif isinstance(frame, Reading | Heartbeat | Placed | Answer):
                self._understood(frame, now)
                frames.append(frame)
            else:
                noise += 1
        if noise:
            self._set(noise=self.status.noise + noise)
        return frames

    def _understood(self, frame: Reading | Heartbeat | Placed | Answer, now: float) -> None:
        self._heard_at = now
        if isinstance(frame, Reading) and frame.legacy:
            self._set(state="legacy", message="an old board: its lines have no checksums")
        else:
            self._set(state="live", message="", version=1)
        if isinstance(frame, Reading):
            self._turned(frame, now)
        elif isinstance(frame, Heartbeat):
            self._set(firmware=frame.firmware)
        elif isinstance(frame, Answer):
            self._set(answered=frame.sequence, answered_at=now)

    def _turned(self, reading: Reading, now: float) -> None:
        old = self.status.density if reading.which == "density" else self.status.reconstruction_error
        wobble = LEGACY_WOBBLE if reading.legacy else 0.0
        resting = self._resting.get(reading.which)
        # After a silence it is unknown when the knob moved, so it counts as moved now.
        moved = old is None or resting is None or stale(old, now) or abs(reading.position - resting) > wobble
        if moved or old is None:
            self._resting[reading.which] = reading.position
            moved_at = now
        else:
            moved_at = old.moved_at
        knob = Knob(reading.value, reading.position, now, moved_at, reading.sequence)
        if reading.which == "density":
            self._set(density=knob)
        else:
            self._set(reconstruction_error=knob)

    def tick(self, now: float) -> None:
        """Report a board that has fallen silent, or that has sent no valid line 5 s after the port was opened."""
        if self.status.state in ("live", "legacy") and self._heard_at is not None:
            if now - self._heard_at > FRESH_SECONDS:
                self._set(state="stale", message="the board sends nothing any more: is it running?")
        elif self._ever_open and self.status.state == "connecting" and now - self._opened_at > 5.0:
            received = "sends data in an unknown format" if self.status.noise else "sends nothing"
            self._set(message=f"the port is open but {received}: is it the board with the knobs?")

    def _set(self, **changes: object) -> None:
        self.status = replace(self.status, **changes)  # type: ignore[arg-type]
