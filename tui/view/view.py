"""The data that the screen shows at one moment: the station's newest snapshot and the state of the screen itself."""

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
    """All that a pane needs to draw itself."""

    snapshot: Snapshot
    now: float
    """The screen's own clock, time.monotonic(): ages keep growing while the station hangs."""
    silent: float = 0.0
    """Seconds since the station's last snapshot."""
    sense: Sense = "image"
    """The selected sense: its scores and thresholds are shown, and the keys move its thresholds."""
    shown: Mapping[Sense, Thresholds] = field(default_factory=dict)
    """Thresholds as shown: the station's, with the requested values that it has not confirmed yet."""
    unsaved: bool = False
    """Whether the thresholds of the selected sense differ from recipe.toml."""
    stored: Mapping[Sense, str] = field(default_factory=dict)
    """A sentence on the material of each sense that was stored last; empty a few seconds later."""
    feedback: str = ""
    """The answer to the last key, shown for a moment."""
    terminal: str = ""
    """The terminal's kind and whether its line is slow, for the footer."""
    units: str = "dB"
    """Unit of the sound's level: dB of full scale, or percent."""
    where: ScreenName = "watch"
    """The screen that shows it."""
    screens: Sequence[ScreenName] = SCREEN_NAMES
    """The screens that can be opened."""
    keys: Mapping[str, str] = field(default_factory=lambda: keys_shown({}))
    """The readable keys of each binding id."""

    @property
    def both(self) -> bool:
        """Whether there are pictures and sound."""
        return len(self.snapshot.senses) > 1

    @property
    def state(self) -> SenseState | None:
        """State of the selected sense."""
        return self.snapshot.senses.get(self.sense)

    @property
    def thresholds(self) -> Thresholds | None:
        """Shown thresholds of the selected sense."""
        return self.shown.get(self.sense)

    @property
    def model(self) -> ModelInfo | None:
        """Model of the selected sense."""
        return self.state.model if self.state else None

    @property
    def hung(self) -> bool:
        """Whether the station sends no snapshots although it has not stopped."""
        return not self.snapshot.stopped and self.silent >= SILENT_AFTER

    @property
    def headline(self) -> Headline:
        """The word of the banner."""
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
        """The station's verdict; UNKNOWN if the station has gone silent."""
        if self.hung:
            return Verdict("UNKNOWN", f"no news from the station for {self.silent:.0f} s")
        return self.snapshot.verdict
