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
"""Keys and their labels, the most important first: those that do not fit are left out; `?` shows all."""


class TitleLine(Pane):
    """Shows the recipe, a running tape, the method and the model."""

    def content(self, view: View, width: int, _height: int) -> Sequence[Line]:
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
    """Shows what needs attention on one line: the answer to a key, a fault, the end of a training, a new model."""

    def content(self, view: View, _width: int, _height: int) -> Sequence[Line]:
        return [notice_line(view)]


def notice_line(view: View) -> Line:
    """Return the most important notice; empty if there is nothing to show."""
    snapshot, run = view.snapshot, view.snapshot.training
    recording = snapshot.sound.capture if snapshot.sound else None
    running = _running_capture(view)
    if view.feedback:
        return (*running, (f" {view.feedback}", "strong"))
    if recording is not None:
        key = "teach-record" if view.where == "teach" else "record"
        # A fault and the key that ends it come first; the file name may be cut off.
        note: Line = ((f" {recording.note}", "anomaly"),) if recording.note else ()
        return (*running, *note, (f" {_ends(view, key)}  {recording.file}", ""))
    if snapshot.fault:
        return ((" warning: ", "unknown"), (snapshot.fault, ""))
    if running and snapshot.image is not None and snapshot.image.capture is not None:
        capture = snapshot.image.capture
        sort = "defective" if capture.defect else "good"
        return (*running, (f" {capture.stored} {sort} pictures  {_ends(view, 'collect')}", ""))
    if run is not None and run.state == "failed":
        return ((" training failed: ", "anomaly"), (run.message, ""))
    if recorded := view.stored.get("sound"):
        return ((f" {recorded}", "ok"),)
    if waiting_model(snapshot):
        return ((f" new model ready: {_use(view)}", "ok"),)
    if run is None and snapshot.offers.count:
        return ((f" {snapshot.offers.count} suggested as teaching material by your marks", "label"),)
    if run is not None and run.state == "running":
        step = f" {run.step}/{run.of}" if run.of else ""
        return ((f" training: {run.phase}{step}", "label"),)
    return ()


def _running_capture(view: View) -> Line:
    """Return the mark of a running recording or storing, which stays visible beside the answer to a key. Watch and
    Teach show the storing of pictures in a pane."""
    image, sound = view.snapshot.image, view.snapshot.sound
    if sound is not None and sound.capture is not None:
        return ((f" REC {minutes(sound.capture.seconds)} ", "hot"),)
    if image is not None and image.capture is not None and view.where not in ("watch", "teach"):
        return ((" STORING ", "hot"),)
    return ()


def _key(view: View, binding: str) -> str:
    return first_key(view.keys[binding])


def _ends(view: View, binding: str) -> str:
    """Return which key ends it; from screens other than Watch and Teach, after the key that opens Watch."""
    key = _key(view, binding)
    if view.where in ("watch", "teach"):
        return f"press {key} to end it"
    return f"{_key(view, 'go-watch')}, then {key} ends it"


def _use(view: View) -> str:
    """Return which keys of the current screen use a new model, or show its result."""
    if view.where == "train":
        return f"{_key(view, 'train-use')} starts using it, {_key(view, 'train-keep')} discards it"
    if view.where == "watch":
        return f"press {_key(view, 'take-over')} to start using it"
    if "train" in view.screens:
        return f"{_key(view, 'go-train')} shows its result"
    return f"{_key(view, 'go-watch')}, then {_key(view, 'take-over')} starts using it"


class FooterLine(Pane):
    """Shows the most important keys of Watch."""

    def content(self, view: View, width: int, _height: int) -> Sequence[Line]:
        return [footer_line(view, width)]


def footer_line(view: View, width: int) -> Line:
    """Return as many keys as fit, in the order of `_FOOTER`, and the terminal's text at the right."""
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
    # Help and quit come last, where users look for them.
    chosen = chosen[2:] + chosen[:2]
    parts: list[Part] = []
    for text, label in chosen:
        parts += [(f" {text}", "key"), (f" {label} ", "label")]
    return with_terminal(parts, view, width)


def terminal_words(view: View) -> str:
    """Return the terminal's text with a blank on each side; empty without a text."""
    return f" {view.terminal} " if view.terminal else ""


def with_terminal(parts: list[Part], view: View, width: int) -> Line:
    """Return a footer: the keys, and at the right the terminal's kind and the rate of a slow line."""
    words = terminal_words(view)
    gap = max(0, width - sum(len(text) for text, _ in parts) - len(words))
    end: Line = ((" " * gap, ""), (words, "unknown" if "slow" in words else "label")) if words else ()
    return (*parts, *end)


class TooSmall(Pane):
    """Replaces a screen for which the window is too small."""

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        quits = first_key(view.keys["quit"])
        meanwhile = f"{view.headline}: " if view.snapshot.recipe else ""
        words = (
            f"{meanwhile}make this window {LEAST_SIZE[0]}x{LEAST_SIZE[1]} or larger, "
            f"or press {quits} and start it with --line for status lines (judging continues until then)"
        )
        return [((text, "strong"),) for text in wrapped(words, width, height, GLYPHS.more)]
