"""The line mode: a status line per second, commands typed as lines. For teletypes, serial lines and logs."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TextIO

from core.commands import (
    AcceptOffers,
    BeginShift,
    Calibrate,
    CancelTraining,
    Command,
    DiscardModel,
    DiscardOffers,
    GiveFeedback,
    GrabThresholds,
    Pause,
    SaveThresholds,
    SetSingleShot,
    SetThreshold,
    TakeOverModel,
    Train,
    TriggerPart,
    UndoGrab,
)
from core.errors import GoodpartError
from core.knobs.link import NAMES, refusal
from core.state.knobs import Grab
from core.state.parts import Word
from core.state.sense_words import SENSE_WORDS
from core.state.snapshot import Snapshot, shown_sense, thresholds_of, waiting_model
from core.state.verdict import Sense, Thresholds, Which
from tui.line_mode.headless import run_without_screen
from tui.line_mode.parsing import folded, none_more, one_number
from tui.line_mode.recipe_answers import export_history, history_lines, review_model, review_targets
from tui.line_mode.status import news_of, plain_ascii, status_line, summary_lines
from tui.line_mode.teaching import delete, record, stop, teach

if TYPE_CHECKING:
    from core.recipes.recipe import Recipe
    from core.station.interface import StationInterface

HELP = """\
part: judge the one in place   single, continuous: how parts are judged
good, bad: what the last part was   offers [take, drop]   shift: a new one
d -4.2, e 0.004: thresholds   gd, ge, g: take the knobs   u: undo   save
targets: what each needs and costs   calibrate [0.02]: for 2 % false alarms
sound, image: select the sense for d, e, targets and delete   pause, go
teach 50 [defect]: store pictures   record [defect]: sound   stop: end either
delete [defect]: the newest one   delete [defect] all: all of them (asks)
train, cancel   result: what was learnt   use, keep: the new or the old model
s: status   history [10] [ANOMALY]: what happened   export: all as CSV
close: the list of recipes   q: quit   ?: this help"""


def run_lines(station: StationInterface, seconds: float | None, recipe: Recipe | None = None) -> tuple[int, bool]:
    """Show the station line by line until the user quits; return the exit code, and whether only this recipe was
    closed.

    `recipe` is the station's; None if its files are on another machine.
    """
    desk = LineConsole(station, sys.stdout, recipe)
    threading.Thread(target=desk.listen, args=(sys.stdin,), name="typed lines", daemon=True).start()
    return run_without_screen(station, seconds, desk.show, ended=desk.left.is_set), desk.closed


class LineConsole:
    """Prints the status and runs typed commands. `show` and `listen` run on threads of their own."""

    def __init__(self, station: StationInterface, out: TextIO, recipe: Recipe | None = None) -> None:
        self._station = station
        self._recipe = recipe
        self._out = out
        self._writing = threading.Lock()
        self._sense: Sense | None = None
        self._last_news = ""
        self._model_waits = False
        self.left = threading.Event()
        """Set after q, close or the end of the input on a terminal."""
        self.closed = False
        """Whether close was typed."""

    # Output.

    def show(self, snapshots: Iterator[Snapshot], _out: TextIO) -> None:
        """Print a line (at most 79 columns, ASCII) per second and whenever the verdict changes."""
        first = self._station.snapshot()
        self._say(plain_ascii(status_line(first))[:79])
        state, printed_at = first.verdict.state, first.at
        for snapshot in snapshots:
            self._say_news(snapshot)
            if snapshot.verdict.state == state and snapshot.at - printed_at < 1.0:
                continue
            state, printed_at = snapshot.verdict.state, snapshot.at
            self._say(plain_ascii(status_line(snapshot))[:79])

    def _say_news(self, snapshot: Snapshot) -> None:
        """Print the outcome of a command once: a fault, the end of a training or of a recording."""
        news = news_of(snapshot)
        if news != self._last_news:
            self._last_news = news
            if news:
                self._say(f"* {news}")
        waits = waiting_model(snapshot)
        if waits and not self._model_waits:
            self._say("* a new model is ready: result shows it, use starts using it, keep discards it")
        self._model_waits = waits

    def _say(self, text: str) -> None:
        with self._writing:
            for line in folded(text):
                self._out.write(line + "\n")
            self._out.flush()

    # Input.

    def listen(self, typed: TextIO) -> None:
        """Run typed lines until the end of the input. On a terminal the end (Ctrl-D) quits; otherwise the output
        continues."""
        for line in iter(typed.readline, ""):
            answer = self.obey(line)
            if answer:
                self._say(answer)
            if self.left.is_set():
                return
        if typed.isatty():
            self.left.set()

    def obey(self, line: str) -> str:
        """Run one typed line and return the answer; empty for an empty line."""
        words = line.split()
        if not words:
            return ""
        command = self._COMMANDS.get(words[0].lower())
        if command is None:
            return f"{words[0]} is not a command: ? lists them"
        try:
            return command(self, words[1:])
        except GoodpartError as error:
            return str(error)

    @property
    def _shown(self) -> Sense:
        return shown_sense(self._station.snapshot(), self._sense)

    def _thresholds(self) -> Thresholds:
        known = thresholds_of(self._station.snapshot(), self._shown)
        if known is None:
            raise GoodpartError("there are no thresholds yet")
        return known

    def _set(self, which: Which, words: list[str]) -> str:
        self._thresholds()
        value = one_number(words)
        if not math.isfinite(value):
            raise GoodpartError(f"type the {NAMES[which]} threshold as a number: {NAMES[which][0]} 0.5")
        self._station.do(SetThreshold(which, value, "line", self._shown))
        return f"{NAMES[which]} threshold {value:g}; save writes it to recipe.toml"

    def _grab(self, grab: Grab, words: list[str]) -> str:
        none_more(words)
        why = refusal(self._station.snapshot().knobs, grab, self._shown, time.monotonic())
        if why:
            raise GoodpartError(why)
        self._station.do(GrabThresholds(grab, self._shown))
        return "taken; u undoes it, save writes it to recipe.toml"

    def _select(self, sense: Sense, words: list[str]) -> str:
        none_more(words)
        if sense not in self._station.snapshot().senses:
            raise GoodpartError(f"the recipe has no {sense}")
        self._sense = sense
        return f"d, e, g, targets and delete are now about {SENSE_WORDS[sense].stream}"

    def _part(self, words: list[str]) -> str:
        none_more(words)
        shot = self._station.snapshot().shot
        if shot is None:
            raise GoodpartError("parts are judged continuously: single switches to single shots")
        if shot.state == "judging":
            raise GoodpartError("a part is being judged already: wait for its verdict")
        self._station.do(TriggerPart("line"))
        return "judging the part"

    def _single(self, on: bool, words: list[str]) -> str:
        none_more(words)
        self._station.do(SetSingleShot(on))
        return "single shots: type part when one is in place" if on else "parts are judged continuously"

    def _mark(self, word: Word, words: list[str]) -> str:
        none_more(words)
        call = self._station.snapshot().call
        if call is None:
            raise GoodpartError("there is no verdict yet that you could mark as right or wrong")
        which = f"part {call.part}" if call.part else "the last one"
        if call.word == word:
            raise GoodpartError(f"that is noted already: {which} ({call.verdict.state}) was {word}")
        self._station.do(GiveFeedback(word, call.at))
        return f"noted: {which} ({call.verdict.state}) was {word}"

    def _offers(self, words: list[str]) -> str:
        offers = self._station.snapshot().offers
        if words == ["take"]:
            self._station.do(AcceptOffers())
            return "adding the suggested material; train learns from the good ones"
        if words == ["drop"]:
            self._station.do(DiscardOffers())
            return "discarding the suggested material"
        none_more(words)
        return (
            f"suggested: good {offers.good_images} pictures, {offers.good_sound} recordings;"
            f" defective {offers.defect_images}, {offers.defect_sound}"
        )

    def _calibrate(self, words: list[str]) -> str:
        if not words:
            self._station.do(Calibrate())
            return "calibrating"
        target = one_number(words)
        if not 0 < target < 1:
            raise GoodpartError("type the allowed share of false alarms: calibrate 0.02")
        self._station.do(Calibrate(target))
        return f"calibrating for {100 * target:g} %; save writes it to recipe.toml"

    def _do(self, command: Command, answer: str, words: list[str]) -> str:
        none_more(words)
        self._station.do(command)
        return answer

    def _close(self, words: list[str]) -> str:
        none_more(words)
        self.closed = True
        self.left.set()
        return "closing the recipe"

    def _at_hand(self) -> Recipe:
        if self._recipe is None:
            raise GoodpartError("the recipe's files are not on this machine")
        return self._recipe

    def _history(self, words: list[str]) -> str:
        return history_lines(self._at_hand(), words)

    def _export(self, words: list[str]) -> str:
        none_more(words)
        return export_history(self._at_hand())

    def _result(self, words: list[str]) -> str:
        """Begin to review the model that waits, or the one in use; the result is printed later."""
        none_more(words)
        return review_model(self._at_hand(), waiting_model(self._station.snapshot()), self._say)

    def _targets(self, words: list[str]) -> str:
        """Begin to review the model in use; the table is printed later."""
        none_more(words)
        return review_targets(self._at_hand(), self._shown, self._say)

    def _quit(self, words: list[str]) -> str:
        none_more(words)
        self.left.set()
        return "ending"

    def _status(self, words: list[str]) -> str:
        none_more(words)
        return "\n".join(summary_lines(self._station.snapshot()))

    _COMMANDS: dict[str, Callable[[LineConsole, list[str]], str]] = {  # noqa: RUF012
        "d": lambda desk, words: desk._set("density", words),
        "e": lambda desk, words: desk._set("reconstruction_error", words),
        "g": lambda desk, words: desk._grab("both", words),
        "gd": lambda desk, words: desk._grab("density", words),
        "ge": lambda desk, words: desk._grab("reconstruction_error", words),
        "u": lambda desk, words: desk._do(UndoGrab(), "putting back the thresholds from before", words),
        "image": lambda desk, words: desk._select("image", words),
        "sound": lambda desk, words: desk._select("sound", words),
        "save": lambda desk, words: desk._do(SaveThresholds(), "saving the thresholds", words),
        "part": _part,
        "single": lambda desk, words: desk._single(True, words),
        "continuous": lambda desk, words: desk._single(False, words),
        "good": lambda desk, words: desk._mark("good", words),
        "bad": lambda desk, words: desk._mark("bad", words),
        "offers": _offers,
        "shift": lambda desk, words: desk._do(BeginShift(), "a new shift: counting from 0", words),
        "calibrate": _calibrate,
        "pause": lambda desk, words: desk._do(Pause(True), "pausing; go resumes", words),
        "go": lambda desk, words: desk._do(Pause(False), "resuming", words),
        "targets": _targets,
        "teach": lambda desk, words: teach(desk._station, words),
        "record": lambda desk, words: record(desk._station, words),
        "stop": lambda desk, words: stop(desk._station, words),
        "delete": lambda desk, words: delete(desk._station, desk._shown, words),
        "train": lambda desk, words: desk._do(Train(), "training; s shows the progress", words),
        "cancel": lambda desk, words: desk._do(CancelTraining(), "cancelling the training", words),
        "history": _history,
        "export": _export,
        "result": _result,
        "keep": lambda desk, words: desk._do(DiscardModel(), "keeping the old model", words),
        "close": _close,
        "use": lambda desk, words: desk._do(TakeOverModel(), "starting to use the new model", words),
        "s": _status,
        "q": _quit,
        "?": lambda _desk, _words: HELP,
    }
