"""The lines between board and station, version 1, and the seed's bare ones (firmware/lib/benchlink/src/frame.h).

    up    _34#2765#34_ v1 s=421 t=183204 mv=2214 *056B     density knob, 0..4095
    up    _39#0.1632#39_ v1 s=422 t=183210 mv=1315 *F954   reconstruction-error knob, ten-thousandths of 0..4095
    up    !HB v1 fw=1.0.0 up=183 rst=poweron *0B5F         once a second
    up    !PART v1 s=423 t=183950 *89D6                    the button: a part is in place
    down  >V 57 ANOMALY -1234.5 0.0051 *B02C               verdict; answered by  <A 57 *B4F3

Pure functions; no line raises, whatever it holds.
"""

from __future__ import annotations

import binascii
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.state.verdict import State, Which

FULL_TURN = 4095
ERROR_UNITS = 10_000
"""Counts per 1.0 of the reconstruction-error knob."""
LONGEST = 256
"""Bytes; a longer line is noise."""


@dataclass(frozen=True)
class Reading:
    """The value of one knob."""

    which: Which
    value: float
    """As sent: 0..4095 for the density knob, 0..0.4095 for the other; an old board may send any number."""
    sequence: int | None = None
    """None in a bare line."""
    milliseconds: int | None = None
    """Time on the board's clock."""
    millivolts: int | None = None

    @property
    def legacy(self) -> bool:
        """Whether it came in a bare line, without a checksum."""
        return self.sequence is None

    @property
    def position(self) -> float:
        """Counts of a full turn of 4095; more if the board counts otherwise."""
        return self.value if self.which == "density" else self.value * ERROR_UNITS


@dataclass(frozen=True)
class Heartbeat:
    """The board runs; sent once a second."""

    firmware: str
    seconds: int
    """Since the board started."""
    reset: str
    """Why the board last started: `poweron`, ..."""


@dataclass(frozen=True)
class Placed:
    """The button was pressed: a part is in place."""

    sequence: int
    milliseconds: int
    """Time on the board's clock."""


@dataclass(frozen=True)
class Answer:
    """The board shows the verdict with this sequence number."""

    sequence: int


@dataclass(frozen=True)
class ToldVerdict:
    """A verdict for the board; the scores are text to show, `-` if missing."""

    sequence: int
    state: State
    density: str
    error: str


@dataclass(frozen=True)
class Damaged:
    """A line with a wrong checksum, or a version 1 line without one."""


@dataclass(frozen=True)
class Noise:
    """Boot text, half lines, anything else."""


Frame = Reading | Heartbeat | Placed | Answer | ToldVerdict | Damaged | Noise

_NUMBER = r"(\d{1,12}(?:\.\d{1,12})?)"
_BARE = {
    "density": re.compile(rf"_34#{_NUMBER}#34_"),
    "reconstruction_error": re.compile(rf"_39#{_NUMBER}#39_"),
}
_READINGS = {
    "density": re.compile(r"_34#(\d{1,4})#34_ v1 s=(\d{1,10}) t=(\d{1,10}) mv=(\d{1,5})", re.ASCII),
    "reconstruction_error": re.compile(r"_39#(0\.\d{4})#39_ v1 s=(\d{1,10}) t=(\d{1,10}) mv=(\d{1,5})", re.ASCII),
}
_HEARTBEAT = re.compile(r"!HB v1 fw=([!-~]{1,16}) up=(\d{1,10}) rst=([!-~]{1,16})", re.ASCII)
_PLACED = re.compile(r"!PART v1 s=(\d{1,10}) t=(\d{1,10})(?: [!-~]+)*", re.ASCII)
"""Fields that a later board adds are ignored."""
_ANSWER = re.compile(r"<A (\d{1,10})", re.ASCII)
_VERDICT = re.compile(r">V (\d{1,10}) (OK|ANOMALY|UNKNOWN) ([!-~]{1,12}) ([!-~]{1,12})", re.ASCII)
_SEAL = re.compile(r"(.*) \*(....)", re.ASCII | re.DOTALL)
_WHICH: tuple[Which, ...] = ("density", "reconstruction_error")


def crc16(text: bytes) -> int:
    """CRC-16/CCITT-FALSE."""
    return binascii.crc_hqx(text, 0xFFFF)


def sealed(body: str) -> str:
    """The ASCII text with its checksum: `body *XXXX`."""
    return f"{body} *{crc16(body.encode('ascii')):04X}"


def parse(line: bytes) -> Frame:
    """The frame in a line without its line end; Damaged or Noise if it is not valid. Never raises."""
    if len(line) > LONGEST:
        return Noise()
    text = line.decode("latin-1")
    seal = _SEAL.fullmatch(text)
    if seal:
        body, checksum = seal.group(1), seal.group(2)
        if f"{crc16(line[: len(body)]):04X}" != checksum:
            return Damaged()
        return _sealed_frame(body)
    if "#34_ v1" in text or "#39_ v1" in text or text.startswith(("!HB v1", "!PART")):
        return Damaged()
    return _bare_frame(text)


def _sealed_frame(body: str) -> Frame:
    for which in _WHICH:
        match = _READINGS[which].fullmatch(body)
        if match:
            reading = Reading(which, float(match[1]), int(match[2]), int(match[3]), int(match[4]))
            return reading if round(reading.position) <= FULL_TURN else Noise()
    if beat := _HEARTBEAT.fullmatch(body):
        return Heartbeat(beat[1], int(beat[2]), beat[3])
    if placed := _PLACED.fullmatch(body):
        return Placed(int(placed[1]), int(placed[2]))
    if answer := _ANSWER.fullmatch(body):
        return Answer(int(answer[1]))
    verdict = _VERDICT.fullmatch(body)
    if verdict and int(verdict[1]) < 1 << 32:
        state: State = "OK" if verdict[2] == "OK" else "ANOMALY" if verdict[2] == "ANOMALY" else "UNKNOWN"
        return ToldVerdict(int(verdict[1]), state, verdict[3], verdict[4])
    return Noise()


def _bare_frame(text: str) -> Frame:
    """Read a line as the original system does: the number between the tags, whatever else the line holds."""
    for which in _WHICH:
        bare = _BARE[which].search(text)
        if bare:
            return Reading(which, float(bare[1]))
    return Noise()


def format_reading(reading: Reading) -> str:
    """The line of a reading without its end; bare if it has no sequence number."""
    density = reading.which == "density"
    tagged = f"_34#{round(reading.value)}#34_" if density else f"_39#{reading.value:.4f}#39_"
    if reading.sequence is None:
        return tagged
    return sealed(f"{tagged} v1 s={reading.sequence} t={reading.milliseconds or 0} mv={reading.millivolts or 0}")


def format_heartbeat(beat: Heartbeat) -> str:
    """The line of a heartbeat, without its end."""
    return sealed(f"!HB v1 fw={beat.firmware} up={beat.seconds} rst={beat.reset}")


def format_placed(placed: Placed) -> str:
    """The line of a press of the button, without its end."""
    return sealed(f"!PART v1 s={placed.sequence} t={placed.milliseconds}")


def format_answer(answer: Answer) -> str:
    """The line that answers a verdict, without its end."""
    return sealed(f"<A {answer.sequence}")


def format_verdict(sequence: int, state: State, density: float | None, error: float | None) -> str:
    """The line of a verdict, without its end; a missing or non-finite score is a dash."""
    return sealed(f">V {sequence % (1 << 32)} {state} {_shown(density)} {_shown(error)}")


def _shown(score: float | None) -> str:
    if score is None or not math.isfinite(score):
        return "-"
    shown = f"{score:.6g}"
    return shown if len(shown) <= 12 else f"{score:.5g}"


class Lines:
    """Splits bytes into lines. Memory stays bounded: of a line without an end only the beginning is kept."""

    def __init__(self) -> None:
        self._begun = b""
        self._overlong = False

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """The lines that are complete now, without their ends; None for a line longer than any frame."""
        *whole, rest = data.replace(b"\r", b"\n").split(b"\n")
        for piece in whole:
            line, self._begun = self._begun + piece, b""
            overlong, self._overlong = self._overlong or len(line) > LONGEST, False
            if overlong:
                yield None
            elif line:
                yield line
        self._begun += rest[: LONGEST + 1]
        if len(self._begun) > LONGEST:
            self._overlong, self._begun = True, b""
