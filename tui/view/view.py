"""What the screen shows at one moment: the station's newest snapshot, and what only the screen knows."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from textual.message import Message

from core.state.snapshot import WAITING, Heard, Judgement, Model, Sense, Snapshot, Thresholds, Verdict, Which
from tui.view.keymap import SCREENS, Where, keys_shown

SILENT_AFTER = 2.0
"""Seconds without a snapshot after which the screen no longer believes the last one."""

STARTING = 15.0
"""Seconds that a station may take to start on a slow machine."""

Headline = Literal["OK", "ANOMALY", "UNKNOWN", "PAUSED", "STOPPED", "WAITING", "JUDGING"]


@dataclass(frozen=True)
class Sample:
    """One judged sample, for the plots."""

    number: int
    at: float
    """time.monotonic() when the screen learnt of it."""
    density: float
    reconstruction_error: float
    anomalous: bool
    sense: Sense = "image"


@dataclass(frozen=True)
class View:
    snapshot: Snapshot
    now: float
    """The screen's own clock, time.monotonic(): ages go on while the station hangs."""
    silent: float = 0.0
    """Seconds since the station last told anything."""
    sense: Sense = "image"
    """Whose scores and thresholds are shown, and moved by the keys."""
    both: bool = False
    """There are pictures and sound."""
    thresholds: Thresholds | None = None
    """Of that sense, as shown: with what keys asked for and the station has not confirmed yet."""
    others: Thresholds | None = None
    """Of the other sense."""
    unsaved: bool = False
    collected: str = ""
    """What became of the pictures that were stored, for a while after it is told."""
    recorded: str = ""
    """What became of the last recording, for a while."""
    feedback: str = ""
    """What the last key did, in words, for a moment."""
    terminal: str = ""
    """What was chosen for this terminal, and whether its line is slow: for the footer."""
    units: str = "dB"
    """Of the sound's level: dB of full scale, or percent."""
    where: Where = "watch"
    """Which screen shows it."""
    screens: Sequence[Where] = SCREENS
    """Those that can be turned to."""
    keys: Mapping[str, str] = field(default_factory=lambda: keys_shown({}))
    """Binding id to the key that is shown for it."""

    def judged(self, sense: Sense | None = None) -> Judgement | Heard | None:
        """The newest judged sample of a sense."""
        sound = self.snapshot.sound
        if (sense or self.sense) == "image":
            return self.snapshot.image
        return sound.window if sound else None

    def thresholds_of(self, sense: Sense) -> Thresholds | None:
        return self.thresholds if sense == self.sense else self.others

    @property
    def model(self) -> Model | None:
        sound = self.snapshot.sound
        if self.sense == "image":
            return self.snapshot.model
        return sound.model if sound else None

    @property
    def hung(self) -> bool:
        return not self.snapshot.stopped and self.silent >= SILENT_AFTER

    @property
    def headline(self) -> Headline:
        if self.snapshot.stopped:
            return "STOPPED"
        if self.hung:
            return "UNKNOWN"
        if self.snapshot.paused:
            return "PAUSED"
        shot = self.snapshot.shot
        if shot is not None and shot.state == "judging":
            return "JUDGING"
        return "WAITING" if self.verdict.reason.startswith(WAITING) else self.verdict.state

    @property
    def verdict(self) -> Verdict:
        """The station's, unless it has gone silent: then nobody knows."""
        if self.hung:
            return Verdict("UNKNOWN", f"no news from the station for {self.silent:.0f} s")
        return self.snapshot.verdict


class Inbox:
    """The station's thread puts snapshots in; the screen takes the newest, and every judged sample since it last
    looked, so that a spike of one sample is seen although snapshots in between were skipped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: Snapshot | None = None
        self._at = 0.0
        self._samples: deque[Sample] = deque(maxlen=500)
        self._last_numbers: dict[Sense, int] = {}
        self._heard = 0

    def put(self, snapshot: Snapshot, at: float) -> None:
        with self._lock:
            self._newest, self._at = snapshot, at
            self._heard += 1
            self._note("image", snapshot.image, at)
            self._note("sound", snapshot.sound.window if snapshot.sound else None, at)

    def _note(self, sense: Sense, judged: Judgement | Heard | None, at: float) -> None:
        if judged is not None and judged.number != self._last_numbers.get(sense, 0):
            self._last_numbers[sense] = judged.number
            self._samples.append(
                Sample(judged.number, at, judged.density, judged.reconstruction_error, judged.anomalous, sense)
            )

    def silent(self, now: float) -> float:
        """Seconds without news. What is there before the station has started may stand for longer."""
        with self._lock:
            return max(0.0, now - self._at - (0.0 if self._heard > 1 else STARTING))

    def newest(self) -> Snapshot | None:
        with self._lock:
            return self._newest

    def take(self) -> tuple[Snapshot | None, tuple[Sample, ...]]:
        """The newest snapshot (None when there is none yet) and the samples since the last call."""
        with self._lock:
            samples = tuple(self._samples)
            self._samples.clear()
            return self._newest, samples


class News(Message):
    """The inbox has something. A newer one replaces the one still queued."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, News)


class PendingThresholds:
    """What keys asked for until a snapshot confirms it, so that fast presses add up although snapshots lag."""

    PATIENCE = 3.0
    """Seconds after which an unconfirmed value is given up: the station has the last word."""

    def __init__(self) -> None:
        self._asked: dict[Which, tuple[float, float]] = {}

    def move(self, which: Which, steps: int, thresholds: Thresholds, now: float) -> float:
        """The shown value of a threshold moved by so many fine steps; it is remembered and given back."""
        step = _step(thresholds, which)
        value = round(_value(self.over(thresholds), which) + steps * step, 12)
        self._asked[which] = value, now
        return value

    def settle(self, thresholds: Thresholds | None, now: float) -> None:
        """Forget what the station has confirmed or did not want."""
        for which, (value, at) in list(self._asked.items()):
            confirmed = thresholds is not None and (
                abs(_value(thresholds, which) - value) <= 0.01 * _step(thresholds, which)
            )
            if confirmed or now - at > self.PATIENCE:
                del self._asked[which]

    def forget(self) -> None:
        """Something else sets the thresholds now (a calibration, a new model)."""
        self._asked.clear()

    def over(self, thresholds: Thresholds) -> Thresholds:
        for which, (value, _) in self._asked.items():
            if which == "density":
                thresholds = replace(thresholds, density=value, by="key")
            else:
                thresholds = replace(thresholds, reconstruction_error=value, by="key")
        return thresholds

    def __bool__(self) -> bool:
        return bool(self._asked)


def _value(thresholds: Thresholds, which: Which) -> float:
    return thresholds.density if which == "density" else thresholds.reconstruction_error


def _step(thresholds: Thresholds, which: Which) -> float:
    return thresholds.density_step if which == "density" else thresholds.error_step
