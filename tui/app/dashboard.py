"""The live dashboard of `goodpart watch`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from core.recipes.recipe import Recipe
from core.state.snapshot import Snapshot, shown_sense, thresholds_of
from core.state.verdict import Sense, Thresholds
from core.station.interface import StationInterface
from tui.app.actions import StationActions
from tui.screens.base import StationScreen
from tui.screens.watch import WatchScreen
from tui.terminal.capabilities import TerminalKind
from tui.view.inbox import NewSnapshot
from tui.view.keymap import bindings
from tui.view.screen_table import SCREEN_NAMES, ScreenName
from tui.view.view import View

OUTCOME_SECONDS = 10.0


class Dashboard(StationActions):
    """Shows a station and passes keys on to it. It never waits for the station, nor the station for it.

    `keymap` gives binding ids other keys (see tui.view.keymap); raises GoodpartError for one that cannot be.
    It quits by itself after `seconds`.
    `kind`, `theme`: see PacedApp; `units` of the sound's level: dB or percent.
    `refresh` is how often a second the screen takes over the newest snapshot; `clock` is time.monotonic() in tests.
    """

    TITLE = "goodpart"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    BINDINGS: ClassVar[list[BindingType]] = bindings("app")
    screens: ClassVar[Sequence[ScreenName]] = SCREEN_NAMES
    """Those that can be turned to."""
    recipe: Recipe | None = None
    """The recipe whose files are on this machine; None if the station runs elsewhere or no recipe is open."""

    def __init__(
        self,
        station: StationInterface,
        keymap: Mapping[str, str] | None = None,
        *,
        seconds: float | None = None,
        refresh: float = 5.0,
        kind: TerminalKind | None = None,
        theme: str = "auto",
        units: str = "dB",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(station, keymap, refresh=refresh, kind=kind, theme=theme, clock=clock)
        self._seconds = seconds
        self._wanted_period = 1.0 / refresh
        self._units = units
        self._stored: dict[Sense, tuple[str, float]] = {}
        self._shown_at = float("-inf")
        self._unsubscribe: Callable[[], None] | None = None

    # The way of the data: station -> inbox -> view -> screens.

    def on_mount(self) -> None:
        self.set_keymap(self._station_keymap)
        self.set_interval(self._wanted_period, self._tick)
        if self._seconds is not None:
            self.set_timer(self._seconds, self.exit)
        self.begin()

    def begin(self) -> None:
        """Show the station, and start it."""
        self._inbox.put(self.station.snapshot(), self._clock())
        self._unsubscribe = self.station.subscribe(self._heard)
        self.push_screen(WatchScreen())
        # The station's own start competes for the processor: first the screen, within the same second.
        self.call_after_refresh(self.station.start)

    def leave(self) -> StationInterface:
        """Show this station no more; gives it, still running."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._forget_station()
        self._stored.clear()
        return self.station

    def on_unmount(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()

    def _heard(self, snapshot: Snapshot) -> None:
        """On the station's thread."""
        self._inbox.put(snapshot, self._clock())
        if self._running and self._loop is not None and not self._loop.is_closed():
            self.post_message(NewSnapshot())

    def on_new_snapshot(self) -> None:
        if time.monotonic() - self._shown_at >= self.pacer.period:
            self._show_when_due()

    def _tick(self) -> None:
        # News may just have been shown; otherwise the ages go on.
        if time.monotonic() - self._shown_at >= self.pacer.period - 0.3 * self._wanted_period:
            self._show_when_due()

    def _show_when_due(self) -> None:
        self.pacer.due(time.monotonic(), self.all_out)
        self.show()

    def show(self) -> None:
        """Take over the newest snapshot in one go."""
        self._shown_at = time.monotonic()
        snapshot, samples = self._inbox.take()
        if snapshot is None or self._exit:
            return
        view = self._view(snapshot)
        self.title_window(f"goodpart {snapshot.recipe}: {view.headline}")
        with self.batch_update():
            for screen in self.screen_stack:
                if isinstance(screen, StationScreen) and screen.stays:
                    screen.show(view, samples)

    def _view(self, snapshot: Snapshot) -> View:
        now = self._clock()
        senses, sense = snapshot.senses, shown_sense(snapshot, self._sense)
        text, until = self._feedback
        shown = self._shown_thresholds(snapshot, now)
        return View(
            snapshot=snapshot,
            now=now,
            silent=self._inbox.silent(now),
            sense=sense,
            shown=shown,
            unsaved=bool(self._pending[sense]) or (sense in senses and senses[sense].unsaved),
            stored={kind: self._recent(kind, state.stored, now) for kind, state in senses.items()},
            feedback=text if now < until else "",
            screens=self.screens,
            keys=self._keys,
            terminal=self.terminal_words,
            units=self._units,
        )

    def _shown_thresholds(self, snapshot: Snapshot, now: float) -> dict[Sense, Thresholds]:
        """Those in force, with what keys asked for and the station has not confirmed yet."""
        shown: dict[Sense, Thresholds] = {}
        for sense, pending in self._pending.items():
            known = thresholds_of(snapshot, sense)
            pending.settle(known, now)
            if known is not None:
                shown[sense] = pending.over(known)
        return shown

    def _recent(self, sense: Sense, stored: str, now: float) -> str:
        """What became of what was stored into the recipe, for a while after it is told."""
        before, at = self._stored.get(sense, ("", float("-inf")))
        if stored != before:
            self._stored[sense] = stored, (at := now)
        return stored if now - at < OUTCOME_SECONDS else ""

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen, help_lines

        if isinstance(self.screen, HelpScreen):
            self.pop_screen()
        elif isinstance(self.screen, StationScreen):
            self.push_screen(HelpScreen(help_lines(self._keys, self.screen.where, self.screen.about)))

    def end(self, code: int) -> bool:
        """Ask the app to exit; from a signal handler. False when it does not run."""
        loop = self._loop
        if loop is None or loop.is_closed() or not self._running:
            return False
        loop.call_soon_threadsafe(self.exit, None, code)
        return True
