"""The link to the knobs as a state machine. Pure: whoever holds the port tells what happens, with the time."""

from __future__ import annotations

from dataclasses import replace

from core.knobs.protocol import Answer, Damaged, Frame, Heartbeat, Lines, Placed, Reading, parse
from core.state.knobs import Grab, Knob, KnobLink
from core.state.verdict import Sense, Which

FRESH_SECONDS = 2.0
"""What is older is stale: it is shown so and cannot be grabbed."""
STILL_SECONDS = 1.0
"""So long a knob must have been still before it can be grabbed."""
LEGACY_WOBBLE = 41.0
"""Counts of 4095 that a bare potentiometer wobbles without being turned (1 %)."""
NAMES: dict[Which, str] = {"density": "density", "reconstruction_error": "error"}


def stale(knob: Knob, now: float) -> bool:
    return now - knob.at > FRESH_SECONDS


def whiches(grab: Grab) -> tuple[Which, ...]:
    return ("density", "reconstruction_error") if grab == "both" else (grab,)


def refusal(link: KnobLink | None, grab: Grab, sense: Sense, now: float) -> str:
    """Why the knobs cannot be grabbed, a sentence; empty when they can."""
    if link is None:
        return "there are no knobs: start with --knobs PORT (goodpart devices lists them)"
    for which in whiches(grab):
        why = _not_grabbable(link, which, sense, now)
        if why:
            return f"not grabbed: the {NAMES[which]} knob {why}"
    return ""


def _not_grabbable(link: KnobLink, which: Which, sense: Sense, now: float) -> str:
    knob = link.knob(which)
    if knob is None:
        return "has sent nothing yet"
    if link.state in ("absent", "connecting", "lost"):
        return f"is not there: the link is {link.state}"
    if stale(knob, now):
        return f"is stale: its value is {now - knob.at:.0f} s old"
    if now - knob.moved_at < STILL_SECONDS:
        return "is still moving: let go for a second"
    meaning = next((one for one in link.meanings if (one.sense, one.which) == (sense, which)), None)
    if meaning is not None and meaning.span is not None and meaning.threshold is None:
        return "is beyond its span: set its range to raw, or another span"
    return ""


class Link:
    """`status` is a new object after every change that somebody may want to see."""

    def __init__(self, port: str) -> None:
        self.status = KnobLink("absent" if not port else "connecting", port)
        self._lines = Lines()
        self._heard_at: float | None = None
        self._opened_at = 0.0
        self._ever_open = False
        self._resting: dict[Which, float] = {}
        """Where a knob was when it last moved."""

    def opened(self, now: float) -> None:
        was_there = self.status.state == "lost"
        self._lines = Lines()
        self._heard_at, self._opened_at, self._ever_open = None, now, True
        self._set(state="connecting", message="waiting for the board", version=0, firmware="", answered=None)
        if was_there:
            self._set(reconnects=self.status.reconnects + 1)

    def closed(self, why: str) -> None:
        """The port went, or cannot be opened. What it said is no longer true."""
        self._heard_at = None
        self._set(state="lost" if self._ever_open else "absent", message=why, version=0)

    def received(self, data: bytes, now: float) -> list[Frame]:
        """The frames in what came, all of them taken note of."""
        frames: list[Frame] = []
        noise = 0
        for line in self._lines.feed(data):
            frame = None if line is None else parse(line)
            if isinstance(frame, Reading) and frame.legacy and self.status.version == 1:
                frame = Damaged()  # of a board that seals its lines, a bare one is half a line
            if isinstance(frame, Damaged):
                self._set(crc_errors=self.status.crc_errors + 1)
            elif isinstance(frame, Placed) and self.status.state != "live":
                noise += 1  # pressed before anybody listened: no word on the part that lies there now
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
            self._set(state="legacy", message="an old board: lines without check sums")
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
        at = self._resting.get(reading.which)
        # After a silence nobody knows how it came there.
        moved = old is None or at is None or stale(old, now) or abs(reading.position - at) > wobble
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
        """Notice silence."""
        if self.status.state in ("live", "legacy") and self._heard_at is not None:
            if now - self._heard_at > FRESH_SECONDS:
                self._set(state="stale", message="the board has gone silent: is it running?")
        elif self._ever_open and self.status.state == "connecting" and now - self._opened_at > 5.0:
            said = "speaks no language of ours" if self.status.noise else "says nothing"
            self._set(message=f"the port is open but {said}: is it the board with the knobs?")

    def _set(self, **changes: object) -> None:
        self.status = replace(self.status, **changes)  # type: ignore[arg-type]
