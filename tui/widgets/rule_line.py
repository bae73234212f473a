"""The line with the formula of the rule and live values."""

from __future__ import annotations

from collections.abc import Sequence

from core.decision.rule import is_anomalous
from tui.view.text import formula
from tui.view.view import View
from tui.widgets.pane import Line, Pane


class FormulaLine(Pane):
    """Shows the formula for the selected sense."""

    def content(self, view: View, width: int, _height: int) -> Sequence[Line]:
        return [formula_line(view, width)]


def formula_line(view: View, width: int) -> Line:
    """Return the formula with live values and whether its condition holds."""
    judged, thresholds = view.state.judged if view.state else None, view.thresholds
    if judged is None or thresholds is None:
        return ((" no scores: nothing is judged" if thresholds else " no thresholds: nothing is taught yet", "label"),)
    text = formula(judged.density, judged.reconstruction_error, thresholds)
    anomalous = is_anomalous(judged.density, judged.reconstruction_error, thresholds)
    answer = "yes" if anomalous else "no"
    if len(text) + len(answer) + 4 > width and ": if " in text:
        text = text[text.index("if ") :]
    return ((f" {text}", "strong"), ("  ", ""), (answer, "anomaly" if anomalous else "ok"))
