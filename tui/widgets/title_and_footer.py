"""The first and the last lines of the dashboard: the title, the notice, the keys."""

from __future__ import annotations

from collections.abc import Sequence

from core.state.snapshot import waiting_model
from tui.terminal.capabilities import LEAST_SIZE
from tui.terminal.glyphs import GLYPHS
from tui.view.keymap import first_key
from tui.view.text import minutes, taping_words, wrapped
from tui.view.view import View
from tui.widgets.pane import Line, Pane, Part

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
        return [notice_line(view)]


def notice_line(view: View) -> Line:
    snapshot, run = view.snapshot, view.snapshot.training
    recording = snapshot.sound.capture if snapshot.sound else None
    going_on = _going_on(view)
    if view.feedback:
        return (*going_on, (f" {view.feedback}", "strong"))
    if recording is not None:
        key = "teach-record" if view.where == "teach" else "record"
        # What is wrong with it, and how to end it, before what it is called.
        note: Line = ((f" {recording.note}", "anomaly"),) if recording.note else ()
        return (*going_on, *note, (f" {_ends(view, key)}  {recording.file}", ""))
    if snapshot.fault:
        return ((" warning: ", "unknown"), (snapshot.fault, ""))
    if going_on and snapshot.image is not None and snapshot.image.capture is not None:
        now = snapshot.image.capture
        sort = "defective" if now.defect else "good"
        return (*going_on, (f" {now.stored} {sort} pictures  {_ends(view, 'collect')}", ""))
    if run is not None and run.state == "failed":
        return ((" training failed: ", "anomaly"), (run.message, ""))
    if recorded := view.stored.get("sound"):
        return ((f" {recorded}", "ok"),)
    if waiting_model(snapshot):
        return ((f" new model ready: {_use(view)}", "ok"),)
    if run is None and snapshot.offers.count:
        return ((f" {snapshot.offers.count} offered as teaching material by the operator's word", "label"),)
    if run is not None and run.state == "running":
        step = f" {run.step}/{run.of}" if run.of else ""
        return ((f" training: {run.phase}{step}", "label"),)
    return ()


def _going_on(view: View) -> Line:
    """What is written into the recipe just now: it stays while keys are answered. The screens that end the storing of
    pictures show it themselves."""
    image, sound = view.snapshot.image, view.snapshot.sound
    if sound is not None and sound.capture is not None:
        return ((f" REC {minutes(sound.capture.seconds)} ", "hot"),)
    if image is not None and image.capture is not None and view.where not in ("watch", "teach"):
        return ((" STORING ", "hot"),)
    return ()


def _key(view: View, binding: str) -> str:
    return first_key(view.keys[binding])


def _ends(view: View, binding: str) -> str:
    """By which keys of the screen that one sees; all others ask for the dashboard first."""
    key = _key(view, binding)
    if view.where in ("watch", "teach"):
        return f"press {key} to end it"
    return f"{_key(view, 'go-watch')}, then {key} ends it"


def _use(view: View) -> str:
    """How to come to a new model from the screen that one sees: its result is looked at first."""
    if view.where == "train":
        return f"{_key(view, 'train-use')} uses it, {_key(view, 'train-keep')} keeps the old one"
    if view.where == "watch":
        return f"press {_key(view, 'take-over')} to take it over"
    if "train" in view.screens:
        return f"{_key(view, 'go-train')} looks at it"
    return f"{_key(view, 'go-watch')}, then {_key(view, 'take-over')} takes it over"


class FooterLine(Pane):
    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        return [footer_line(view, width)]


def footer_line(view: View, width: int) -> Line:
    """As many keys as fit, in the order of the key map; at the right what was chosen for the terminal."""
    chosen: list[tuple[str, str]] = []
    room = width - len(terminal_words(view))
    for ids, label in _FOOTER:
        if (ids == ("sense",) and not view.both) or (ids == ("record",) and view.snapshot.sound is None):
            continue
        if ids == ("part",) and view.snapshot.shot is None:
            continue
        if ids in (("map",), ("preview",)) and view.snapshot.image is None:
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
        meanwhile = f"{view.headline}: " if view.snapshot.recipe else ""
        words = (
            f"{meanwhile}make this window {LEAST_SIZE[0]}x{LEAST_SIZE[1]} or larger, "
            f"or press {quits} and start it with --line for status lines (judging goes on until then)"
        )
        return [((text, "strong"),) for text in wrapped(words, width, height, GLYPHS.more)]
