"""Three small panes: thresholds, counters, model."""

from __future__ import annotations

from collections.abc import Sequence

from core.state.sense import Counters, ImageState, SoundState
from tui.terminal.glyphs import GLYPHS
from tui.view.text import number, wrapped
from tui.view.view import View
from tui.widgets.pane import Line, Pane, Part, heading


class ThresholdsPane(Pane):
    """Shows the thresholds of the selected sense."""

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        return threshold_lines(view, width)[:height]


class CountersPane(Pane):
    """Shows the counts of the shift."""

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        return counter_lines(view, width)[:height]


class ModelPane(Pane):
    """Shows the model of the selected sense."""

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        return model_lines(view, width, height)


def threshold_lines(view: View, width: int) -> list[Line]:
    """Return both thresholds with their typical values, whether they are saved, and who set them."""
    t = view.thresholds
    if t is None:
        return [heading("thresholds", width), (("none yet", "unknown"),)]
    star = "*" if view.unsaved else " "
    right: tuple[Part, ...] = (("* unsaved", "threshold"),) if view.unsaved else (("saved", "label"),)
    density, error = number(t.density, t.density_step), number(t.reconstruction_error, t.error_step)
    typical_d, typical_e = number(t.typical_density, t.density_step), number(t.typical_error, t.error_step)
    column = max(len(density), len(error))
    typical = "typical" if column + max(len(typical_d), len(typical_e)) + 18 <= width else "typ."
    lines: list[Line] = [
        heading("thresholds", width, *right),
        (
            ("density ", "label"),
            (density.rjust(column), "threshold"),
            (star, "threshold"),
            (f" {typical} {typical_d}", "label"),
        ),
        (
            ("error   ", "label"),
            (error.rjust(column), "threshold"),
            (star, "threshold"),
            (f" {typical} {typical_e}", "label"),
        ),
    ]
    by = f"set by: {t.by}" if t.by and not t.by.startswith("calibrated") else t.by
    return lines + [((text, "label"),) for text in wrapped(by, width, 2, GLYPHS.more)]


def counter_lines(view: View, width: int) -> list[Line]:
    """Return the parts of the shift, then the samples of the selected sense."""
    snapshot, state, shift = view.snapshot, view.state, view.snapshot.shift
    counted = state.counters if state else Counters()
    right: tuple[Part, ...] = ()
    if snapshot.shot is not None:
        right = (("single shots", "label"),)
    elif isinstance(state, ImageState) and state.votes:
        right = (("votes ", "label"), *_votes(state.votes), (f" need {state.hold}", "label"))
    half = max(13, width // 2)
    share = "-" if shift.share_ok is None else f"{100 * shift.share_ok:.1f} %"
    last = _count("skipped", counted.dropped, half)
    if isinstance(state, SoundState):
        last = _count("overruns", state.status.overruns, half)
    return [
        heading("shift", width, *right),
        (*_count("parts", shift.parts, half), *_count("ok", shift.ok, half)),
        (*_count("anomalies", shift.anomalies, half), *_count("unknown", shift.unknown, half)),
        (*_count("yield", share, half), *_count("judged", counted.judged, half)),
        (*_count("alarms", snapshot.called, half), *last),
    ]


def _count(label: str, value: int | str, width: int) -> tuple[Part, ...]:
    figure = str(value)
    gap = max(1, min(17, width - 1) - len(label) - len(figure))
    return ((label, "label"), (" " * gap + figure, ""), (" " * max(0, width - len(label) - gap - len(figure)), ""))


def _votes(votes: str) -> tuple[Part, ...]:
    return tuple((vote, "anomaly" if vote == "A" else "") for vote in votes)


def model_lines(view: View, width: int, height: int) -> list[Line]:
    """Return at most `height` lines: number of samples, method, backbone, note, date of the training."""
    m = view.model
    if m is None:
        return [heading("model", width), (("nothing learnt yet", "unknown"),)][:height]
    method = m.method if not m.backbone else f"{m.method}, {m.backbone}"
    lines: list[Line] = [heading("model", width, (f"taught {m.taught}", ""))]
    lines += [((text, ""),) for text in wrapped(method, width, 1, GLYPHS.more)]
    lines += [((text, "label"),) for text in wrapped(m.note, width, max(0, height - 2), GLYPHS.more)]
    if height - len(lines) >= 1 and m.trained_at:
        lines.append(((f"trained {m.trained_at[:16].replace('T', ' ')}", "label"),))
    return lines[:height]
