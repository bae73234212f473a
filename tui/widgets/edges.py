"""The first and the last lines of the dashboard: the title, the notice, the keys."""

from __future__ import annotations

from collections.abc import Sequence

from core.snapshot import waiting_model
from tui.glyphs import GLYPHS
from tui.keys import first_key
from tui.view import View
from tui.widgets.pane import Line, Pane, Part
from tui.words import minutes, taping_words, wrapped

_FOOTER: tuple[tuple[tuple[str, ...], str], ...] = (
    (("help",), "help"),
    (("quit",), "quit"),
    (("part",), "part"),
    (("density-down", "density-up"), "density"),
    (("error-down", "error-up"), "error"),
    (("calibrate",), "calibrate"),
    (("save",), "save"),
    (("sense",), "pictures/sound"),
    (("record",), "record"),
    (("pause",), "pause"),
    (("map",), "map"),
    (("preview",), "picture"),
    (("train",), "train"),
)
"""The most important first: what does not fit is left out, and `?` tells it."""


class TitleLine(Pane):
    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        m = view.model
        right = "" if m is None else f"{m.method}  bundle {m.bundle} "
        left, taping = f" goodpart  {view.snapshot.recipe}", view.snapshot.taping
        tape: tuple[Part, ...] = ()
        if taping:
            tape = ((f"  {taping_words(taping)}", "anomaly" if taping.lost or taping.trouble else "label"),)
        used = len(left) + sum(len(text) for text, _ in tape)
        if used + len(right) + 2 > width:
            right = ""
        return [
            (
                (" goodpart", "label"),
                (left[9:], "strong"),
                *tape,
                (" " * max(1, width - used - len(right)), ""),
                (right, "label"),
            )
        ]


class NoticeLine(Pane):
    """One line of what needs attention: the answer to a key, a fault, the end of a training, a new model."""

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        return [notice(view)]


def notice(view: View) -> Line:
    snapshot, run = view.snapshot, view.snapshot.training
    recording = snapshot.sound.recording if snapshot.sound else None
    if recording is not None:
        words = f"{recording.file}  press {first_key(view.keys['record'])} to end it"
        first = (f" REC {minutes(recording.seconds)} ", "hot")
        # What is wrong with it before what it is called.
        return (
            (first, (f" {recording.note} ", "anomaly"), (words, "")) if recording.note else (first, (f" {words}", ""))
        )
    if view.feedback:
        return ((f" {view.feedback}", "strong"),)
    if snapshot.fault:
        return ((" warning: ", "unknown"), (snapshot.fault, ""))
    if run is not None and run.state == "failed":
        return ((" training failed: ", "anomaly"), (run.message, ""))
    if snapshot.sound is not None and view.recorded:
        return ((f" {view.recorded}", "ok"),)
    if waiting_model(snapshot):
        key = first_key(view.keys["take-over"])
        return ((f" new model ready: press {key} to take it over", "ok"),)
    if run is None and snapshot.offers.count:
        return ((f" {snapshot.offers.count} offered as teaching material by the operator's word", "label"),)
    if run is not None and run.state == "running":
        step = f" {run.step}/{run.of}" if run.of else ""
        return ((f" training: {run.phase}{step}", "label"),)
    return ()


class FooterLine(Pane):
    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        return [footer(view, width)]


def footer(view: View, width: int) -> Line:
    """As many keys as fit, in the order of the key map; at the right what was chosen for the terminal."""
    chosen: list[tuple[str, str]] = []
    room = width - len(terminal_words(view))
    for ids, label in _FOOTER:
        if (ids == ("sense",) and not view.both) or (ids == ("record",) and view.snapshot.sound is None):
            continue
        if ids == ("part",) and view.snapshot.shot is None:
            continue
        if ids in (("map",), ("preview",)) and view.snapshot.camera is None:
            continue
        keys = [first_key(view.keys[name]) for name in ids]
        text = "".join(keys) if all(len(key) == 1 for key in keys) else "/".join(keys)
        room -= len(text) + len(label) + 3
        if room < 0:
            break
        chosen.append((text, label))
    # Help and quit at the end, where people look for them.
    chosen = chosen[2:] + chosen[:2]
    parts: list[Part] = []
    for text, label in chosen:
        parts += [(f" {text}", "key"), (f" {label} ", "label")]
    return with_terminal(parts, view, width)


def terminal_words(view: View) -> str:
    return f" {view.terminal} " if view.terminal else ""


def with_terminal(parts: list[Part], view: View, width: int) -> Line:
    """A footer's keys, and at the right what was chosen for the terminal and how slow its line is."""
    words = terminal_words(view)
    gap = max(0, width - sum(len(text) for text, _ in parts) - len(words))
    end: Line = ((" " * gap, ""), (words, "unknown" if "slow" in words else "label")) if words else ()
    return (*parts, *end)


class TooSmall(Pane):
    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        quits = first_key(view.keys["quit"])
        words = (
            f"{view.headline}: make this window 60x16 or larger, "
            f"or press {quits} and start it with --line for status lines (judging goes on until then)"
        )
        return [((text, "strong"),) for text in wrapped(words, width, height, GLYPHS.more)]
