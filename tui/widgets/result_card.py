"""The result card of a training: what was learnt, what it sees and misses, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.evaluation.review_result import GreyImage, ModelReview, Reconstruction, WorstSample
from core.state.material import Preview
from core.state.sense_words import SENSE_WORDS
from tui.terminal.glyphs import GLYPHS
from tui.view.keymap import first_key
from tui.view.text import number, wrapped
from tui.view.view import View
from tui.widgets.pane import Line, Pane, heading
from tui.widgets.picture import grid_lines, shrunk
from tui.widgets.trace_plot import trace_curve


@dataclass(frozen=True)
class ResultPage:
    """What the card shows of one model."""

    found: ModelReview
    worst: WorstSample | None = None
    sample: Reconstruction | None = None


def result_pages(found: Sequence[ModelReview]) -> list[ResultPage]:
    """For each model a summary, its three worst cases, a sample beside its reconstruction."""
    pages: list[ResultPage] = []
    for one in found:
        pages.append(ResultPage(one))
        pages += [ResultPage(one, worst=case) for case in one.worst]
        pages += [ResultPage(one, sample=one.sample)] if one.sample else []
    return pages


class CardPane(Pane):
    """`pages` and `at` are set from outside; redrawn when they change."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.pages: Sequence[ResultPage] = ()
        self.at = 0
        self.title = "result"
        self.words = ""

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        if not self.pages:
            return [((text, "label"),) for text in wrapped(self.words, width, height, GLYPHS.more)]
        page = self.pages[self.at % len(self.pages)]
        where = f"page {self.at % len(self.pages) + 1} of {len(self.pages)}"
        title = heading(f"{self.title}: {SENSE_WORDS[page.found.sense].stream}", width, (where, "label"))
        if page.worst:
            return [title, *worst_lines(page.worst, width, height - 1)]
        if page.sample:
            return [title, *sample_lines(page.sample, width, height - 1)]
        return [title, *summary_lines(page.found, width, view.keys)][:height]


def summary_lines(found: ModelReview, width: int, keys: Mapping[str, str]) -> list[Line]:
    def told(label: str, text: str, style: str = "") -> list[Line]:
        rows = wrapped(text, width - 14, 3, GLYPHS.more)
        return [((f"{label if row == 0 else '':14}", "label"), (text, style)) for row, text in enumerate(rows)]

    called = SENSE_WORDS[found.sense]
    lines = told("method", f"{found.method}{', ' + found.backbone if found.backbone else ''}")
    lines += told("learnt from", f"{found.taught} good {called.files}, {found.trained_at.replace('T', ' ')}")
    d, e = number(found.density, found.density_step), number(found.error, found.error_step)
    lines += told("thresholds", f"density {d}, error {e} ({found.by})")
    lines += told("false alarms", found.note)
    if found.sample is None:
        lines += told("redrawn", f"nothing to show: no good {called.file} is there that can be read", "unknown")
    lines.append(())
    if not found.defects:
        teach, kind = (first_key(keys[name]) for name in ("go-teach", "teach-kind"))
        words = f"none to test with: store some as defective (key {teach}, then {kind}), then look here again"
        lines += told("defects", words)
        return lines
    caught = found.defects - found.misses - found.unknown
    style = "ok" if caught == found.defects else "unknown" if found.misses <= 0.1 * found.defects else "anomaly"
    unknown = f", {found.unknown} UNKNOWN" if found.unknown else ""
    lines += told("defects", f"{caught} of {found.defects} called, {found.misses} missed{unknown}", style)
    if found.auroc is not None and found.interval is not None:
        low, high = found.interval
        lines += told("separation", f"AUROC {found.auroc:.3f} (95 %: {low:.3f} to {high:.3f})")
    if found.refused:
        lines += told("", f"{found.refused} defect files cannot be read", "unknown")
    lines.append(())
    lines += told("", "The next pages show the three defects that look most like good parts.", "label")
    return lines


def worst_lines(case: WorstSample, width: int, height: int) -> list[Line]:
    called = case.state != "OK"
    lines: list[Line] = [
        ((case.name[:width], "strong"),),
        ((f"{case.state}: ", "ok" if called else "anomaly"), (case.reason, "")),
        ((f"{case.share:.0%} of the alarm level", "label"),),
    ]
    room = height - len(lines)
    if case.map is not None:
        return lines + side_by_side(map_of(case, room), picture_of(case.picture, width - 32, room), 32)
    return lines + trace_curve(case.trace, width, room)


def map_of(case: WorstSample, rows: int) -> list[Line]:
    assert case.map is not None
    return grid_lines([list(row) for row in case.map], rows)


def picture_of(grey: GreyImage | None, width: int, rows: int) -> list[str]:
    if grey is None or width < 4 or rows < 2:
        return []
    columns = min(width, max(1, rows * 2 * grey.width // grey.height))
    rows = max(1, min(rows, round(columns * grey.height / grey.width / 2)))
    ramp = GLYPHS.shades
    cells = shrunk(Preview(grey.width, grey.height, grey.grey), columns, rows)
    return ["".join(ramp[value * len(ramp) // 256] for value in row) for row in cells]


def side_by_side(left: Sequence[Line], right: Sequence[str], at: int) -> list[Line]:
    lines: list[Line] = []
    for y in range(max(len(left), len(right))):
        first = left[y] if y < len(left) else ()
        used = sum(len(text) for text, _ in first)
        second = right[y] if y < len(right) else ""
        lines.append((*first, (" " * max(1, at - used) + second, "")))
    return lines


def sample_lines(sample: Reconstruction, width: int, height: int) -> list[Line]:
    half = width // 2
    head: Line = ((f"{f'the {sample.what} of {sample.name}'[: half - 1]:{half}}", "label"), ("redrawn", "label"))
    foot: list[Line] = [((sample.axes, "label"),)] if sample.axes else []
    room = height - 1 - len(foot)
    seen, redrawn = (picture_of(grey, half - 2, room) for grey in (sample.seen, sample.redrawn))
    return [head, *side_by_side([((text, ""),) for text in seen], redrawn, half), *foot][:height]
