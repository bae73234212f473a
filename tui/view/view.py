"""What the screen shows at one moment: the station's newest snapshot, and what only the screen knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from core.state.parts import WAITING
from core.state.sense import SenseState
from core.state.snapshot import Snapshot
from core.state.verdict import ModelInfo, Sense, Thresholds, Verdict
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
    shown: Mapping[Sense, Thresholds] = field(default_factory=dict)
    """Thresholds as shown: with what keys asked for and the station has not confirmed yet."""
    unsaved: bool = False
    """The thresholds of the sense that is shown are not in recipe.toml."""
    stored: Mapping[Sense, str] = field(default_factory=dict)
    """What became of the last material of each sense that was stored, in a sentence; empty some seconds later."""
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

    @property
    def both(self) -> bool:
        """Whether there are pictures and sound."""
        return len(self.snapshot.senses) > 1

    @property
    def state(self) -> SenseState | None:
        """Of the sense that is shown."""
        return self.snapshot.senses.get(self.sense)

    @property
    def thresholds(self) -> Thresholds | None:
        """Of the sense that is shown."""
        return self.shown.get(self.sense)

    @property
    def model(self) -> ModelInfo | None:
        """Of the sense that is shown."""
        return self.state.model if self.state else None

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
