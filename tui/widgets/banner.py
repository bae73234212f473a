"""The verdict in large letters and in its colour, with the reason beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, get_args

from core.state.parts import WAITING
from core.state.snapshot import truth_of
from tui.terminal.glyphs import GLYPHS
from tui.view.keymap import first_key
from tui.view.text import wrapped
from tui.view.view import Headline, View
from tui.widgets import large_letters
from tui.widgets.pane import Line, Pane

Row = TypeVar("Row")

_TEXT = 28
"""Columns that the text beside the letters needs at least."""


class Banner(Pane):
    """Shows OK, ANOMALY, UNKNOWN, PAUSED, STOPPED, and in single shots WAITING or JUDGING; beside it the reason and,
    from a simulated bench, the truth."""

    def show(self, view: View) -> None:
        for name in get_args(Headline):
            self.set_class(view.headline == name, f"-{name.lower()}")
        super().show(view)

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        return banner_lines(view, width, height)


def banner_lines(view: View, width: int, height: int) -> list[Line]:
    """Return `height` lines: the headline in the largest letters that fit, and the verdict's text beside it."""
    word = view.headline
    drawn: list[str] = []
    if height >= large_letters.ROWS and width - large_letters.large_width(word) >= _TEXT + 4:
        drawn = large_letters.large_letters(word)
    elif width - large_letters.small_width(word) >= _TEXT + 4:
        drawn = large_letters.small_letters(word)
    beside = max((len(row) for row in drawn), default=0)
    text = verdict_lines(view, width - beside - (5 if drawn else 2), min(height, 3 if height < 7 else 5))
    return [
        (
            ("  " if drawn else " ", ""),
            (left.ljust(beside), "") if drawn else ("", ""),
            ("  " if drawn else "", ""),
            *right,
        )
        for left, right in zip(_middle(drawn, height, ""), _middle(text, height, ()), strict=True)
    ]


def verdict_lines(view: View, width: int, height: int) -> list[Line]:
    """Return the verdict and the truth on one line, and the reason below."""
    word = view.headline
    known = truth_of(view.snapshot)
    truth = f"truth: {known}" if known and not view.hung else ""
    first = f"{word}{' ' * max(2, width - len(word) - len(truth))}{truth}" if truth else word
    lines: list[Line] = [((first, "strong"),)]
    lines += [((text, ""),) for text in wrapped(verdict_reason(view), width, height - 1, GLYPHS.more)]
    return lines


def verdict_reason(view: View) -> str:
    """Return the reason of the headline, and the key for the next part in single shots."""
    if view.snapshot.stopped:
        return view.snapshot.verdict.reason or "the station has ended"
    if view.headline == "PAUSED":
        key = first_key(view.keys["pause"])
        return f"nothing is judged: press {key} to resume"
    shot, reason = view.snapshot.shot, view.verdict.reason
    if view.headline == "WAITING":
        return f"{first_key(view.keys['part'])} when a part is in place{reason.removeprefix(WAITING)}"
    if shot is not None and shot.state == "judged" and not view.hung:
        return f"{reason}; {first_key(view.keys['part'])}: the next part"
    return reason


def _middle(rows: Sequence[Row], height: int, empty: Row) -> list[Row]:
    above = max(0, (height - len(rows)) // 2)
    filled = [empty] * above + list(rows)
    return (filled + [empty] * height)[:height]
