"""The panes of a comparison of methods: progress, recommendation, worst cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.state.jobs import TrainingState
from tui.terminal.glyphs import GLYPHS
from tui.terminal.progress_line import WIDTH, time_left
from tui.view.comparison import ComparisonView
from tui.view.text import wrapped
from tui.view.view import View
from tui.widgets.pane import Line, Pane, heading
from tui.widgets.picture import grid_lines
from tui.widgets.trace_plot import trace_curve

if TYPE_CHECKING:
    from core.evaluation.comparison import MisjudgedSample


class ComparisonProgressPane(Pane):
    """Shows the progress of the comparison; the screen sets `now`."""

    now: TrainingState | None = None

    def content(self, _view: View, _width: int, _height: int) -> Sequence[Line]:
        now = self.now
        if now is None:
            return []
        full = round(WIDTH * now.step / now.of) if now.of else 0
        bar = (GLYPHS.bar * full, "trace"), (GLYPHS.bar_rest * (WIDTH - full), "rule")
        left = f" {time_left(now.seconds_left)} left" if now.seconds_left is not None else ""
        return [((" comparing ", "strong"), *bar, (f" {now.phase}{left}", ""))]


class AdvicePane(Pane):
    """Shows the recommendation and how certain it is; the screen sets `comparison`."""

    comparison: ComparisonView | None = None

    def content(self, _view: View, width: int, height: int) -> Sequence[Line]:
        if self.comparison is None:
            return []
        style = "ok" if self.comparison.recommended else "unknown"
        lines: list[Line] = [heading("advice", width, (self.comparison.when, "label"))]
        doubt = wrapped(self.comparison.doubt, width, 2, GLYPHS.more)
        room = max(1, height - 1 - len(doubt))
        lines += [((text, style),) for text in wrapped(self.comparison.advice, width, room, GLYPHS.more)]
        return [*lines, *(((text, "label"),) for text in doubt)]


class CasesPane(Pane):
    """Shows the worst cases of one method, one at a time; the screen sets the attributes."""

    comparison: ComparisonView | None = None
    method = ""
    at = 0

    @property
    def cases(self) -> Sequence[MisjudgedSample]:
        return self.comparison.cases.get(self.method, ()) if self.comparison else ()

    def content(self, _view: View, width: int, height: int) -> Sequence[Line]:
        if self.comparison is None:
            return []
        if not self.cases:
            return [heading(f"worst of {self.method}", width)]
        index = self.at % len(self.cases)
        case = self.cases[index]
        position = (f"{index + 1} of {len(self.cases)}", "label")
        lines: list[Line] = [heading(f"worst of {self.method}", width, position)]
        lines.append(((case.name[: width - 40], "strong"), *case_words(case)))
        room = height - len(lines)
        if case.map is not None:
            lines += grid_lines([list(line) for line in case.map], room)
        elif case.trace:
            lines += trace_curve([(end, share) for end, share in case.trace], width, room)
        return lines


def case_words(case: MisjudgedSample) -> Line:
    """Return good or defective, missed or called, and the share of the alarm level."""
    kind = "defective" if case.defective else "good"
    share = f"{case.share:.0%} of the alarm level"
    if case.defective != (case.share > 1):
        return ((f"  {kind}, {'missed' if case.defective else 'called'}: ", "anomaly"), (share, ""))
    return ((f"  {kind}: ", "ok"), (share, ""))
