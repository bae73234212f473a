"""The lines between board and desk, version 1, and the seed's bare ones (firmware/lib/benchlink/src/frame.h).

    up    _34#2765#34_ v1 s=421 t=183204 mv=2214 *056B     density knob, 0..4095
    up    _39#0.1632#39_ v1 s=422 t=183210 mv=1315 *F954   reconstruction-error knob, ten-thousandths of 0..4095
    up    !HB v1 fw=1.0.0 up=183 rst=poweron *0B5F         once a second
    up    !PART v1 s=423 t=183950 *89D6                    the button: a part is in place
    down  >V 57 ANOMALY -1234.5 0.0051 *B02C               verdict; answered by  <A 57 *B4F3

Pure functions: no line, whatever it holds, raises.
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
"""The reconstruction-error knob counts in ten-thousandths."""
LONGEST = 256
"""Bytes of a line; what is longer is noise."""


@dataclass(frozen=True)
class Reading:
    which: Which
    value: float
    """As it is sent: 0..4095 of the density knob, 0..0.4095 of the other; an old board may send any number."""
    sequence: int | None = None
    """None of a bare line."""
    milliseconds: int | None = None
    """Of the board's clock."""
    millivolts: int | None = None

    @property
    def legacy(self) -> bool:
        return self.sequence is None

    @property
    def position(self) -> float:
        """In counts of a full turn of 4095; beyond it of a board that counts otherwise."""
        return self.value if self.which == "density" else self.value * ERROR_UNITS


@dataclass(frozen=True)
class Heartbeat:
    firmware: str
    seconds: int
    reset: str


@dataclass(frozen=True)
class Placed:
    """A part is in place, says whoever pressed the button."""

    sequence: int
    milliseconds: int
    """Of the board's clock."""


@dataclass(frozen=True)
class Answer:
    """The board shows the verdict with this sequence number."""

    sequence: int


@dataclass(frozen=True)
class ToldVerdict:
    sequence: int
    state: State
    density: str
    error: str


@dataclass(frozen=True)
class Damaged:
    """A seal that does not fit, or version 1 without one."""


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
"""What a later board may add is passed over."""
_ANSWER = re.compile(r"<A (\d{1,10})", re.ASCII)
_VERDICT = re.compile(r">V (\d{1,10}) (OK|ANOMALY|UNKNOWN) ([!-~]{1,12}) ([!-~]{1,12})", re.ASCII)
_SEAL = re.compile(r"(.*) \*(....)", re.ASCII | re.DOTALL)
_WHICH: tuple[Which, ...] = ("density", "reconstruction_error")


def crc16(text: bytes) -> int:
    """CRC-16/CCITT-FALSE."""
    return binascii.crc_hqx(text, 0xFFFF)


def sealed(body: str) -> str:
    return f"{body} *{crc16(body.encode('ascii')):04X}"


def parse(line: bytes) -> Frame:
    """What a line (without its end) means; never raises."""
    if len(line) > LONGEST:
        return Noise()
    text = line.decode("latin-1")
    seal = _SEAL.fullmatch(text)
    if seal:
        body, told = seal.group(1), seal.group(2)
        if f"{crc16(line[: len(body)]):04X}" != told:
            return Damaged()
        return _sealed_frame(body)
    if "#34_ v1" in text or "#39_ v1" in text or text.startswith(("!HB v1", "!PART")):
        return Damaged()
    return _bare_frame(text)


def _sealed_frame(body: str) -> Frame:
    for which in _WHICH:
        reading = _READINGS[which].fullmatch(body)
        if reading:
            found = Reading(which, float(reading[1]), int(reading[2]), int(reading[3]), int(reading[4]))
            return found if round(found.position) <= FULL_TURN else Noise()
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
    """As the seed's desk reads: what stands between the tags, whatever else is on the line."""
    for which in _WHICH:
        bare = _BARE[which].search(text)
        if bare:
            return Reading(which, float(bare[1]))
    return Noise()


def format_reading(reading: Reading) -> str:
    density = reading.which == "density"
    tagged = f"_34#{round(reading.value)}#34_" if density else f"_39#{reading.value:.4f}#39_"
    if reading.sequence is None:
        return tagged
    return sealed(f"{tagged} v1 s={reading.sequence} t={reading.milliseconds or 0} mv={reading.millivolts or 0}")


def format_heartbeat(beat: Heartbeat) -> str:
    return sealed(f"!HB v1 fw={beat.firmware} up={beat.seconds} rst={beat.reset}")


def format_placed(placed: Placed) -> str:
    return sealed(f"!PART v1 s={placed.sequence} t={placed.milliseconds}")


def format_answer(answer: Answer) -> str:
    return sealed(f"<A {answer.sequence}")


def format_verdict(sequence: int, state: State, density: float | None, error: float | None) -> str:
    """Scores that are missing or no numbers are a dash."""
    return sealed(f">V {sequence % (1 << 32)} {state} {_shown(density)} {_shown(error)}")


def _shown(score: float | None) -> str:
    if score is None or not math.isfinite(score):
        return "-"
    shown = f"{score:.6g}"
    return shown if len(shown) <= 12 else f"{score:.5g}"


class Lines:
    """Bytes to lines. Memory stays flat: of a line without an end no more than its beginning is kept."""

    def __init__(self) -> None:
        self._begun = b""
        self._overlong = False

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """The lines that are whole now, without their ends; None for one that was longer than any frame."""
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
