"""What the screen shows at one moment: the station's newest snapshot, and what only the screen knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from core.state.parts import WAITING
from core.state.snapshot import Snapshot
from core.state.verdict import ImageJudgement, ModelInfo, Sense, SoundJudgement, Thresholds, Verdict
from tui.view.inbox import SILENT_AFTER
from tui.view.keymap import keys_shown
from tui.view.screen_table import SCREEN_NAMES, ScreenName

Headline = Literal["OK", "ANOMALY", "UNKNOWN", "PAUSED", "STOPPED", "WAITING", "JUDGING"]


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
    where: ScreenName = "watch"
    """Which screen shows it."""
    screens: Sequence[ScreenName] = SCREEN_NAMES
    """Those that can be turned to."""
    keys: Mapping[str, str] = field(default_factory=lambda: keys_shown({}))
    """Binding id to the key that is shown for it."""

    def judged(self, sense: Sense | None = None) -> ImageJudgement | SoundJudgement | None:
        """The newest judged sample of a sense."""
        sound = self.snapshot.sound
        if (sense or self.sense) == "image":
            return self.snapshot.image
        return sound.window if sound else None

    def thresholds_of(self, sense: Sense) -> Thresholds | None:
        return self.thresholds if sense == self.sense else self.others

    @property
    def model(self) -> ModelInfo | None:
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
