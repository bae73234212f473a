"""The lines above and below every screen except Watch: the verdict stays visible, and so do the keys."""

from __future__ import annotations

from collections.abc import Sequence

from tui.terminal.themes import VERDICT_STYLES
from tui.view.keymap import first_key, screen_keys
from tui.view.view import View
from tui.widgets.pane import Line, Pane, Part
from tui.widgets.title_and_footer import terminal_words, with_terminal


class StatusStrip(Pane):
    """Shows the current verdict and its reason on one line."""

    def content(self, view: View, _width: int, _height: int) -> Sequence[Line]:
        if not view.snapshot.recipe:
            return [((" no recipe is open", "label"),)]
        word = view.headline
        return [((f" {word} ", VERDICT_STYLES.get(word, "label")), (view.verdict.reason, ""))]


class KeysLine(Pane):
    """Shows as many keys as fit; the other screens, help and quit at the end."""

    def __init__(self, *keys: tuple[str, str], id: str | None = None) -> None:
        """`keys` are binding ids (several joined by `,`) and their labels, the most important first."""
        super().__init__(id=id)
        self._keys = keys

    def content(self, view: View, width: int, _height: int) -> Sequence[Line]:
        last = [(screen_keys(view.keys, view.screens), "screens")]
        last += [(first_key(view.keys[name]), name) for name in ("help", "quit")]
        room = width - sum(len(key) + len(label) + 3 for key, label in last) - len(terminal_words(view))
        shown: list[tuple[str, str]] = []
        for ids, label in self._keys:
            key = "/".join(first_key(view.keys[name]) for name in ids.split(","))
            room -= len(key) + len(label) + 3
            if room < 0:
                break
            shown.append((key, label))
        parts: list[Part] = []
        for key, label in shown + last:
            parts += [(f" {key}", "key"), (f" {label} ", "label")]
        return [with_terminal(parts, view, width)]
