"""The actions of keys: each sends a command to the station and answers at once; the next snapshot shows the outcome."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast

from core import commands
from core.knobs.link import refusal
from core.settings.recipe_settings import KnobTable
from core.state.knobs import Grab
from core.state.parts import Word
from core.state.sense_words import OTHER_SENSE
from core.state.snapshot import shown_sense, thresholds_of, waiting_model
from core.state.verdict import Sense, Which
from core.station.interface import StationInterface
from tui.terminal.capabilities import TerminalKind
from tui.terminal.paced_app import PacedApp
from tui.view.inbox import Inbox
from tui.view.keymap import checked_keymap, first_key, keys_shown
from tui.view.pending_thresholds import PendingThresholds
from tui.view.text import number

_FEEDBACK_SECONDS = 2.5
"""Seconds for which the answer to a key is shown."""
_SENSE_SHOWN: Mapping[Sense, str] = {
    "image": "pictures: their scores, thresholds",
    "sound": "sound: its scores, its thresholds",
}


class StationActions(PacedApp, inherit_bindings=False):
    """The part of the dashboard that sends commands to the station. Keys of tui.view.key_table are bound to its
    `action_` methods as `app.NAME`; screens call the methods without that prefix."""

    def __init__(
        self,
        station: StationInterface,
        keymap: Mapping[str, str] | None = None,
        *,
        refresh: float = 5.0,
        kind: TerminalKind | None = None,
        theme: str = "auto",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises GoodpartError if the keymap is invalid."""
        self._station_keymap = checked_keymap(keymap or {})
        super().__init__(kind, theme, refresh)
        self.station = station
        self._clock = clock
        self._keys = MappingProxyType(keys_shown(self._station_keymap))
        self._feedback = ("", float("-inf"))
        self._forget_station()

    def _forget_station(self) -> None:
        """Forget snapshots, pending commands and the chosen sense."""
        self._inbox = Inbox()
        self._pending: dict[Sense, PendingThresholds] = {"image": PendingThresholds(), "sound": PendingThresholds()}
        self._sense: Sense | None = None
        self._requested: dict[str, tuple[bool, float]] = {}

    @abstractmethod
    def show(self) -> None:
        """Show the newest snapshot."""

    def keys_of(self, binding: str) -> str:
        """Return all keys of a binding as text for the screen."""
        return self._keys[binding]

    def say(self, text: str) -> None:
        """Show `text` as the answer to a key, for _FEEDBACK_SECONDS seconds."""
        self._feedback = (text, self._clock() + _FEEDBACK_SECONDS)
        self.show()

    def _toggled(self, what: str, on: bool) -> bool:
        """Return the opposite of a setting that is `on`. A change requested less than 1 s ago counts as its state,
        because a second key press may come before the snapshot that shows the first."""
        now = self._clock()
        requested, since = self._requested.get(what, (on, float("-inf")))
        wanted = not (requested if now - since < 1.0 else on)
        self._requested[what] = wanted, now
        return wanted

    def other_sense(self) -> None:
        snapshot = self._inbox.newest()
        if snapshot is None or len(snapshot.senses) < 2:
            self.say("the recipe has pictures or sound, not both")
            return
        self._sense = OTHER_SENSE[shown_sense(snapshot, self._sense)]
        self.say(_SENSE_SHOWN[self._sense])

    action_other_sense = other_sense

    def collect(self, *, defect: bool = False) -> None:
        snapshot = self._inbox.newest()
        if snapshot is None or snapshot.image is None:
            self.say("there is no camera: start with --camera")
            return
        on = self._toggled("collect", snapshot.image.capture is not None)
        if on:
            self.station.do(commands.CollectPictures(defect=defect))
        else:
            self.station.do(commands.EndCollecting())
        kind = "defective" if defect else "good"
        self.say(f"storing pictures of {kind} parts into the recipe" if on else "no longer storing pictures")

    action_collect = collect

    def record(self, *, defect: bool = False) -> None:
        snapshot = self._inbox.newest()
        if snapshot is None or snapshot.sound is None:
            self.say("there is no microphone: start with --microphone")
            return
        on = self._toggled("record", snapshot.sound.capture is not None)
        self.station.do(commands.RecordSound(on, defect=defect))
        kind = "defective" if defect else "good"
        self.say(f"recording {kind} sound into the recipe" if on else "ending the recording")

    action_record = record

    def move_threshold(self, which: Which, steps: int, how: str = "") -> None:
        snapshot = self._inbox.newest()
        sense = shown_sense(snapshot, self._sense) if snapshot else "image"
        known = thresholds_of(snapshot, sense) if snapshot else None
        if known is None:
            self.say("there are no thresholds yet")
            return
        value = self._pending[sense].move(which, steps, known, self._clock())
        self.station.do(commands.SetThreshold(which, value, "key", sense, how))
        step = known.density_step if which == "density" else known.error_step
        # The answer is in the row that is drawn first; on a slow line the panes follow later.
        self.say(f"{which.replace('_', ' ')} threshold {number(value, step)}*")

    action_move_threshold = move_threshold

    def action_grab(self, grab: Grab) -> None:
        """Take what the knobs point at as thresholds, if their values are fresh and do not move."""
        snapshot = self._inbox.newest()
        sense = shown_sense(snapshot, self._sense) if snapshot else "image"
        why = refusal(snapshot.knobs if snapshot else None, grab, sense, self._clock())
        if why:
            self.say(why)
            return
        self._forget_pending()
        self.station.do(commands.GrabThresholds(grab, sense))
        undo, save = (first_key(self._keys[name]) for name in ("undo-grab", "save"))
        self.say(f"grabbed; {undo} undoes it, {save} saves it")

    def action_undo_grab(self) -> None:
        self._forget_pending()
        self.station.do(commands.UndoGrab())
        self.say("restoring the thresholds from before the grab")

    def action_knob_ranges(self) -> None:
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
        self.station.do(commands.SetKnobRange(sense, which, table))
        self.say("saving the knob's range")

    def _forget_pending(self) -> None:
        for pending in self._pending.values():
            pending.forget()

    def action_calibrate(self) -> None:
        self._forget_pending()
        self.station.do(commands.Calibrate())
        self.say("calibrating")

    def calibrate_for(self, false_alarms: float) -> None:
        self._forget_pending()
        self.station.do(commands.Calibrate(false_alarms))
        save = first_key(self._keys["calibrate-save"])
        self.say(f"calibrating for {100 * false_alarms:g} % false alarms; {save} saves it")

    def action_send(self, name: str, answer: str) -> None:
        """Send the command of this name, which takes no arguments, and answer the key."""
        command = cast(Callable[[], commands.Command], commands.COMMANDS[name])
        self.station.do(command())
        self.say(answer)

    def action_toggle_pause(self) -> None:
        snapshot = self._inbox.newest()
        pause = self._toggled("pause", snapshot is not None and snapshot.paused)
        self.station.do(commands.Pause(pause))
        self.say("pausing" if pause else "judging again")

    def action_part(self) -> None:
        snapshot = self._inbox.newest()
        if snapshot is None or snapshot.shot is None:
            self.say(f"parts are judged continuously: {first_key(self._keys['single'])} turns to single shots")
        elif snapshot.paused:
            self.say(f"paused: press {first_key(self._keys['pause'])} to judge again")
        elif snapshot.shot.state == "judging":
            self.say("a part is being judged already: wait for its verdict")
        else:
            self.station.do(commands.TriggerPart("key"))
            self.say("judging the part")

    def action_toggle_single(self) -> None:
        snapshot = self._inbox.newest()
        if snapshot is None:
            return
        if snapshot.shot is not None and snapshot.shot.state == "judging":
            self.say("a part is being judged: wait for its verdict")
            return
        single = self._toggled("single", snapshot.shot is not None)
        self.station.do(commands.SetSingleShot(single))
        key = first_key(self._keys["part"])
        self.say(f"single shots: {key} when a part is in place" if single else "parts are judged continuously")

    def action_say_word(self, word: Word) -> None:
        """Record the operator's correction or confirmation of the last verdict."""
        snapshot = self._inbox.newest()
        call = snapshot.call if snapshot else None
        if call is None:
            self.say("there is no verdict yet to confirm or correct")
            return
        which = f"part {call.part}" if call.part else "the last one"
        if call.word == word:
            self.say(f"noted already: {which} ({call.verdict.state}) was {word}")
            return
        self.station.do(commands.GiveFeedback(word, call.at))
        self.say(f"noted: {which} ({call.verdict.state}) was {word}")

    def action_new_shift(self) -> None:
        snapshot = self._inbox.newest()
        if snapshot is None:
            return
        from tui.screens.confirm import YesNoScreen

        shift = snapshot.shift
        question = f"Begin a new shift? {shift.parts} parts were counted; the journal keeps them."

        def begin(yes: bool | None) -> None:
            if yes:
                self.station.do(commands.BeginShift())
                self.say("a new shift: counting from 0")

        self.push_screen(YesNoScreen(question), begin)

    def train(self) -> None:
        snapshot = self._inbox.newest()
        if snapshot is not None and snapshot.training is not None and snapshot.training.state == "running":
            self.say("the training is running already")
            return
        self.station.do(commands.Train())
        self.say("starting the training")

    action_train = train

    def cancel_training(self) -> None:
        snapshot = self._inbox.newest()
        if snapshot is None or snapshot.training is None or snapshot.training.state != "running":
            self.say("no training is running")
            return
        self.station.do(commands.CancelTraining())
        self.say("cancelling the training")

    action_cancel_training = cancel_training

    def take_over(self) -> None:
        snapshot = self._inbox.newest()
        if snapshot is None or not waiting_model(snapshot):
            self.say("there is no new model to take over")
            return
        self._forget_pending()
        self.station.do(commands.TakeOverModel())
        self.say("taking over the new model")

    action_take_over = take_over

    def discard(self) -> None:
        snapshot = self._inbox.newest()
        if snapshot is None or not waiting_model(snapshot):
            self.say("there is no new model to discard")
            return
        self.station.do(commands.DiscardModel())
        self.say("keeping the old model")
