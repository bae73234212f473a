"""What a contest of methods came to, in panes."""

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
    """How far the contest is: `now` is set from outside."""

    now: TrainingState | None = None

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        now = self.now
        if now is None:
            return []
        full = round(WIDTH * now.step / now.of) if now.of else 0
        bar = (GLYPHS.bar * full, "trace"), (GLYPHS.bar_rest * (WIDTH - full), "rule")
        left = f" {time_left(now.seconds_left)} left" if now.seconds_left is not None else ""
        return [((" comparing ", "strong"), *bar, (f" {now.phase}{left}", ""))]


class AdvicePane(Pane):
    """`comparison` and `words`, which stand where nothing is told, are set from outside."""

    comparison: ComparisonView | None = None
    words = ""

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        if self.comparison is None:
            return []
        said = self.comparison
        style = "ok" if said.recommended else "unknown"
        lines: list[Line] = [heading("advice", width, (said.when, "label"))]
        doubt = wrapped(said.doubt, width, 2, GLYPHS.more)
        room = max(1, height - 1 - len(doubt))
        lines += [((text, style),) for text in wrapped(said.advice, width, room, GLYPHS.more)]
        return [*lines, *(((text, "label"),) for text in doubt)]


class CasesPane(Pane):
    """The worst cases of one method, one after the other."""

    comparison: ComparisonView | None = None
    method = ""
    at = 0

    @property
    def cases(self) -> Sequence[MisjudgedSample]:
        return self.comparison.cases.get(self.method, ()) if self.comparison else ()

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        if self.comparison is None:
            return []
        if not self.cases:
            return [heading(f"worst of {self.method}", width)]
        at = self.at % len(self.cases)
        case = self.cases[at]
        lines: list[Line] = [heading(f"worst of {self.method}", width, (f"{at + 1} of {len(self.cases)}", "label"))]
        lines.append(((case.name[: width - 40], "strong"), *case_words(case)))
        room = height - len(lines)
        if case.map is not None:
            lines += grid_lines([list(line) for line in case.map], room)
        elif case.trace:
            lines += trace_curve([(end, share) for end, share in case.trace], width, room)
        return lines


def case_words(case: MisjudgedSample) -> Line:
    kind = "defective" if case.defective else "good"
    share = f"{case.share:.0%} of the alarm level"
    if case.defective != (case.share > 1):
        return ((f"  {kind}, {'missed' if case.defective else 'called'}: ", "anomaly"), (share, ""))
    return ((f"  {kind}: ", "ok"), (share, ""))
