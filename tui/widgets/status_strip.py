"""The lines above and below a screen that is not the dashboard: the bench stays in view, and so do the keys."""

from __future__ import annotations

from collections.abc import Sequence

from tui.terminal.themes import VERDICT_STYLES
from tui.view.keymap import first_key, screen_keys
from tui.view.view import View
from tui.widgets.pane import Line, Pane, Part
from tui.widgets.title_and_footer import terminal_words, with_terminal


class StatusStrip(Pane):
    """What the station says meanwhile, in one line."""

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        if not view.snapshot.recipe:
            return [((" no recipe is open", "label"),)]
        word = view.headline
        return [((f" {word} ", VERDICT_STYLES.get(word, "label")), (view.verdict.reason, ""))]


class KeysLine(Pane):
    """As many keys as fit; help, the other screens and quit at the end."""

    def __init__(self, *keys: tuple[str, str], id: str | None = None) -> None:
        """Binding ids (several joined by `,`) and the word to each, the most important first."""
        super().__init__(id=id)
        self._keys = keys

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        last = [(screen_keys(view.keys, view.screens), "screens")]
        last += [(first_key(view.keys[name]), name) for name in ("help", "quit")]
        room = width - sum(len(key) + len(word) + 3 for key, word in last) - len(terminal_words(view))
        shown: list[tuple[str, str]] = []
        for ids, word in self._keys:
            key = "/".join(first_key(view.keys[name]) for name in ids.split(","))
            room -= len(key) + len(word) + 3
            if room < 0:
                break
            shown.append((key, word))
        parts: list[Part] = []
        for key, word in shown + last:
            parts += [(f" {key}", "key"), (f" {word} ", "label")]
        return [with_terminal(parts, view, width)]
