"""The live dashboard of `goodpart watch`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from textual.binding import BindingType

from core.knobs.link import refusal
from core.recipes.recipe import Recipe
from core.settings.recipe_settings import KnobTable
from core.state.knobs import Grab
from core.state.parts import Word
from core.state.sense_words import OTHER_SENSE
from core.state.snapshot import Snapshot, shown_sense, thresholds_of, waiting_model
from core.state.verdict import Sense, Thresholds, Which
from core.station.interface import StationInterface
from tui.screens.base import StationScreen
from tui.screens.watch import WatchScreen
from tui.terminal.capabilities import TerminalKind
from tui.terminal.paced_app import PacedApp
from tui.view.inbox import Inbox, NewSnapshot
from tui.view.keymap import bindings, checked_keymap, first_key, keys_shown
from tui.view.pending_thresholds import PendingThresholds
from tui.view.screen_table import SCREEN_NAMES, ScreenName
from tui.view.text import number
from tui.view.view import View

OUTCOME_SECONDS = 10.0
_FEEDBACK = 2.5
"""Seconds that the answer to a key stays."""
_TURNED_TO: Mapping[Sense, str] = {
    "image": "pictures: their scores, thresholds",
    "sound": "sound: its scores, its thresholds",
}


class Dashboard(PacedApp):
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
        self._station_keymap = checked_keymap(keymap or {})
        super().__init__(kind, theme, refresh)
        self.station = station
        self._clock = clock
        self._seconds = seconds
        self._wanted_period = 1.0 / refresh
        self._units = units
        self._inbox = Inbox()
        self._pending: dict[Sense, PendingThresholds] = {"image": PendingThresholds(), "sound": PendingThresholds()}
        self._sense: Sense | None = None
        self._collect_asked = (False, float("-inf"))
        self._record_asked = (False, float("-inf"))
        self._stored: dict[Sense, tuple[str, float]] = {}
        self._keys = MappingProxyType(keys_shown(self._station_keymap))
        self._shown_at = float("-inf")
        self._feedback = ("", float("-inf"))
        self._pause_asked = (False, float("-inf"))
        self._single_asked = (False, float("-inf"))
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
        self._inbox = Inbox()
        self._pending = {"image": PendingThresholds(), "sound": PendingThresholds()}
        self._sense = None
        self._collect_asked = self._record_asked = self._pause_asked = (False, float("-inf"))
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

    # The way of the commands: key -> station. What came of it is in the next snapshot.

    def keys_of(self, binding: str) -> str:
        """All of a binding's keys, as people read them."""
        return self._keys[binding]

    def say(self, text: str) -> None:
        """Answer a key at once."""
        self._feedback = (text, self._clock() + _FEEDBACK)
        self.show()

    def _recent(self, sense: Sense, stored: str, now: float) -> str:
        """What became of what was stored into the recipe, for a while after it is told."""
        before, at = self._stored.get(sense, ("", float("-inf")))
        if stored != before:
            self._stored[sense] = stored, (at := now)
        return stored if now - at < OUTCOME_SECONDS else ""

    def other_sense(self) -> None:
        snapshot = self._inbox.newest()
        if snapshot is None or len(snapshot.senses) < 2:
            self.say("the recipe has pictures or sound, not both")
            return
        self._sense = OTHER_SENSE[shown_sense(snapshot, self._sense)]
        self.say(_TURNED_TO[self._sense])

    def collect(self, *, defect: bool = False) -> None:
        snapshot, now = self._inbox.newest(), self._clock()
        if snapshot is None or snapshot.image is None:
            self.say("there is no camera: start with --camera")
            return
        asked, at = self._collect_asked
        # A second press may come before the snapshot that shows the first one.
        on = not (asked if now - at < 1.0 else snapshot.image.capture is not None)
        self._collect_asked = on, now
        if on:
            self.station.collect(defect=defect)
        else:
            self.station.end_collecting()
        kind = "defective" if defect else "good"
        self.say(f"storing pictures of {kind} parts into the recipe" if on else "ending the storing")

    def record(self, *, defect: bool = False) -> None:
        snapshot, now = self._inbox.newest(), self._clock()
        if snapshot is None or snapshot.sound is None:
            self.say("there is no microphone: start with --microphone")
            return
        asked, at = self._record_asked
        # A second press may come before the snapshot that shows the first one.
        on = not (asked if now - at < 1.0 else snapshot.sound.capture is not None)
        self._record_asked = on, now
        self.station.record(on, defect=defect)
        kind = "defective" if defect else "good"
        self.say(f"recording {kind} sound into the recipe" if on else "ending the recording")

    def move_threshold(self, which: Which, steps: int, how: str = "") -> None:
        snapshot = self._inbox.newest()
        sense = shown_sense(snapshot, self._sense) if snapshot else "image"
        known = thresholds_of(snapshot, sense) if snapshot else None
        if known is None:
            self.say("there are no thresholds yet")
            return
        value = self._pending[sense].move(which, steps, known, self._clock())
        self.station.set_threshold(which, value, "key", sense, *([how] if how else []))
        step = known.density_step if which == "density" else known.error_step
        # Said in the row that is drawn first: on a slow line the panes follow.
        self.say(f"{which.replace('_', ' ')} threshold {number(value, step)}*")

    def grab(self, grab: Grab) -> None:
        """What the knobs point at becomes the thresholds, when they stand still and are fresh."""
        snapshot = self._inbox.newest()
        sense = shown_sense(snapshot, self._sense) if snapshot else "image"
        why = refusal(snapshot.knobs if snapshot else None, grab, sense, self._clock())
        if why:
            self.say(why)
            return
        self._forget_pending()
        self.station.grab(grab, sense)
        undo, save = (first_key(self._keys[name]) for name in ("undo-grab", "save"))
        self.say(f"grabbed; {undo} undoes it, {save} saves it")

    def undo_grab(self) -> None:
        self._forget_pending()
        self.station.undo_grab()
        self.say("putting back the thresholds of before the grab")

    def knob_ranges(self) -> None:
        snapshot = self._inbox.newest()
        if snapshot is None or snapshot.knobs is None:
            self.say("there are no knobs: start with --knobs PORT")
            return
        from tui.screens.knob_ranges import RangesScreen

        sense = shown_sense(snapshot, self._sense)
        meanings = [meaning for meaning in snapshot.knobs.meanings if meaning.sense == sense]
        if not meanings:
            self.say("the station is not ready yet")
            return
        self.push_screen(RangesScreen(sense, meanings))

    def set_knob(self, sense: Sense, which: Which, table: KnobTable) -> None:
        self.station.set_knob(sense, which, table)
        self.say("saving the knob's range")

    def _forget_pending(self) -> None:
        for pending in self._pending.values():
            pending.forget()

    def calibrate(self) -> None:
        self._forget_pending()
        self.station.calibrate()
        self.say("calibrating")

    def calibrate_for(self, false_alarms: float) -> None:
        self._forget_pending()
        self.station.calibrate(false_alarms)
        save = first_key(self._keys["calibrate-save"])
        self.say(f"calibrating for {100 * false_alarms:g} % false alarms; {save} saves it")

    def save_thresholds(self) -> None:
        self.station.save_thresholds()
        self.say("saving the thresholds")

    def toggle_pause(self) -> None:
        snapshot, now = self._inbox.newest(), self._clock()
        asked, at = self._pause_asked
        # A second press may come before the snapshot that shows the first one.
        paused = asked if now - at < 1.0 else snapshot is not None and snapshot.paused
        pause = not paused
        self._pause_asked = pause, now
        self.station.pause(pause)
        self.say("pausing" if pause else "going on")

    def part(self) -> None:
        snapshot = self._inbox.newest()
        if snapshot is None or snapshot.shot is None:
            self.say(f"parts are judged continuously: {first_key(self._keys['single'])} turns to single shots")
        elif snapshot.paused:
            self.say(f"paused: {first_key(self._keys['pause'])} goes on")
        elif snapshot.shot.state == "judging":
            self.say("a part is being judged already: wait for its verdict")
        else:
            self.station.part("key")
            self.say("judging the part")

    def toggle_single(self) -> None:
        snapshot, now = self._inbox.newest(), self._clock()
        if snapshot is None:
            return
        if snapshot.shot is not None and snapshot.shot.state == "judging":
            self.say("a part is being judged: wait for its verdict")
            return
        asked, at = self._single_asked
        # A second press may come before the snapshot that shows the first one.
        single = not (asked if now - at < 1.0 else snapshot.shot is not None)
        self._single_asked = single, now
        self.station.single(single)
        key = first_key(self._keys["part"])
        self.say(f"single shots: {key} when a part is in place" if single else "parts are judged continuously")

    def say_word(self, word: Word) -> None:
        """The operator knows better, or as well."""
        snapshot = self._inbox.newest()
        call = snapshot.call if snapshot else None
        if call is None:
            self.say("nothing was called yet that could be right or wrong")
            return
        which = f"part {call.part}" if call.part else "the last one"
        if call.word == word:
            self.say(f"that was said already: {which} ({call.verdict.state}) was {word}")
            return
        self.station.say(word, call.at)
        self.say(f"noted: {which} ({call.verdict.state}) was {word}")

    def new_shift(self) -> None:
        snapshot = self._inbox.newest()
        if snapshot is None:
            return
        from tui.screens.confirm import YesNoScreen

        shift = snapshot.shift
        question = f"Begin a new shift? {shift.parts} parts were counted; the journal keeps them."

        def begin(yes: bool | None) -> None:
            if yes:
                self.station.new_shift()
                self.say("a new shift: counting from 0")

        self.push_screen(YesNoScreen(question), begin)

    def train(self) -> None:
        snapshot = self._inbox.newest()
        if snapshot is not None and snapshot.training is not None and snapshot.training.state == "running":
            self.say("the training is running already")
            return
        self.station.train()
        self.say("starting the training")

    def cancel_training(self) -> None:
        snapshot = self._inbox.newest()
        if snapshot is None or snapshot.training is None or snapshot.training.state != "running":
            self.say("no training is running")
            return
        self.station.cancel_training()
        self.say("cancelling the training")

    def take_over(self) -> None:
        snapshot = self._inbox.newest()
        if snapshot is None or not waiting_model(snapshot):
            self.say("there is no new model to take over")
            return
        self._forget_pending()
        self.station.take_over()
        self.say("taking over the new model")

    def discard(self) -> None:
        snapshot = self._inbox.newest()
        if snapshot is None or not waiting_model(snapshot):
            self.say("there is no new model that could be thrown away")
            return
        self.station.discard()
        self.say("keeping the old model")

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
