"""The knobs on the desk: their positions, the thresholds that these mean, and whether they can be taken."""

from __future__ import annotations

from collections.abc import Sequence

from core.knobs.link import STILL_SECONDS, stale
from core.state.knobs import Knob, KnobLink, KnobMeaning
from core.state.verdict import Which
from tui.terminal.glyphs import GLYPHS
from tui.view.text import age, number, wrapped
from tui.view.view import View
from tui.widgets.pane import Line, Pane, Part, heading

GOOD = ("live", "legacy")
"""States of a link that sends values."""
WIDE = 36
"""Columns from which on a still knob is marked with `still`."""
LABELS: tuple[tuple[Which, str], ...] = (("density", "density"), ("reconstruction_error", "error"))
"""The knobs and their labels."""


class KnobsPane(Pane):
    """Shows the knobs; empty without knobs."""

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        link = view.snapshot.knobs
        return [] if link is None else knob_lines(view, link, width)[:height]


def knob_lines(view: View, link: KnobLink, width: int) -> list[Line]:
    """Return the state of the link, a line per knob, a message of the link and the ranges."""
    live = link.state in GOOD
    state: Part = (link.state, "ok") if link.state == "live" else (link.state.upper(), "unknown")
    errors: Part = (f"{link.crc_errors} CRC errors ", "unknown") if link.crc_errors else ("", "")
    lines: list[Line] = [heading("knobs", width, errors, state)]
    meanings = {meaning.which: meaning for meaning in link.meanings if meaning.sense == view.sense}
    values = [_knob(view, link.knob(which), meanings.get(which), which, label, width) for which, label in LABELS]
    message: list[Line] = []
    if not live:
        message = [((text, "unknown"),) for text in wrapped(link.message or link.port, width, 2, GLYPHS.more)]
    # If only two rows fit: a silent board shows its values with their age, any other fault shows the reason.
    lines += [*values, *message] if link.state in (*GOOD, "stale") else [*message, *values]
    for which, label in LABELS:
        if which in meanings:
            lines.append(((f"{label} range {range_in_words(view, meanings[which])}", "label"),))
    if link.state == "legacy":
        lines.append(((link.message, "label"),))
    return lines


def _knob(view: View, knob: Knob | None, meaning: KnobMeaning | None, which: Which, label: str, width: int) -> Line:
    if knob is None:
        return ((label.ljust(8), "label"), ("nothing yet", "unknown"))
    ago = view.now - knob.at
    old = stale(knob, view.now)
    # Whole seconds, so that the row is not redrawn for every line of the board.
    word: Part = (f"still, {int(max(0.0, ago))} s ago" if width >= WIDE else f"{int(max(0.0, ago))} s ago", "ok")
    if old:
        word = (f"STALE {age(ago)}", "unknown")
    elif view.now - knob.moved_at < STILL_SECONDS:
        word = ("moving", "warm")
    raw = f"{knob.value:g}".rjust(11 - len(label))
    means = _threshold(view, which, meaning)
    return ((label, "label"), (f" {raw} ", ""), (f"= {means} ", "" if old else "threshold"), word)


def _threshold(view: View, which: Which, meaning: KnobMeaning | None) -> str:
    if meaning is None or meaning.threshold is None:
        return "beyond"
    t = view.thresholds
    if t is None or meaning.range == "raw":
        return f"{meaning.threshold:g}"
    return number(meaning.threshold, t.density_step if which == "density" else t.error_step)


def range_in_words(view: View, meaning: KnobMeaning) -> str:
    """Return the range of a knob as text: its ends, `raw` or unknown."""
    t = view.thresholds
    if meaning.range == "raw":
        return "raw: its number"
    if meaning.span is None or t is None:
        return "not known yet"
    step = t.density_step if meaning.which == "density" else t.error_step
    ends = f"{number(meaning.span[0], step)}..{number(meaning.span[1], step)}"
    return f"{ends} auto" if meaning.around else ends
