"""The result card of a training, page by page: a summary, the worst cases, a sample beside its reconstruction."""

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
    """One page: the summary of a model, or a worst case, or a sample."""

    found: ModelReview
    worst: WorstSample | None = None
    sample: Reconstruction | None = None


def result_pages(found: Sequence[ModelReview]) -> list[ResultPage]:
    """Return the pages of each model: a summary, its three worst cases, a sample beside its reconstruction."""
    pages: list[ResultPage] = []
    for review in found:
        pages.append(ResultPage(review))
        pages += [ResultPage(review, worst=case) for case in review.worst]
        pages += [ResultPage(review, sample=review.sample)] if review.sample else []
    return pages


class CardPane(Pane):
    """Shows one page, or `words` without pages; the screen sets the attributes."""

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
    """Return what the model learnt from, its thresholds and expected false alarms, and the defects that it finds."""

    def row_of(label: str, text: str, style: str = "") -> list[Line]:
        rows = wrapped(text, width - 14, 3, GLYPHS.more)
        return [((f"{label if row == 0 else '':14}", "label"), (text, style)) for row, text in enumerate(rows)]

    names = SENSE_WORDS[found.sense]
    lines = row_of("method", f"{found.method}{', ' + found.backbone if found.backbone else ''}")
    lines += row_of("learnt from", f"{found.taught} good {names.files}, {found.trained_at.replace('T', ' ')}")
    d, e = number(found.density, found.density_step), number(found.error, found.error_step)
    lines += row_of("thresholds", f"density {d}, error {e} ({found.by})")
    lines += row_of("false alarms", found.note)
    if found.sample is None:
        lines += row_of("its copy", f"nothing to show: no good {names.file} can be read", "unknown")
    lines.append(())
    if not found.defects:
        teach, kind = (first_key(keys[name]) for name in ("go-teach", "teach-kind"))
        lines += row_of("defects", f"no known defects yet: add some in Teach (key {teach}, then {kind})")
        return lines
    detected = found.defects - found.misses - found.unknown
    style = "ok" if detected == found.defects else "unknown" if found.misses <= 0.1 * found.defects else "anomaly"
    unknown = f", {found.unknown} UNKNOWN" if found.unknown else ""
    lines += row_of("defects", f"{detected} of {found.defects} found, {found.misses} missed{unknown}", style)
    if found.auroc is not None and found.interval is not None:
        low, high = found.interval
        lines += row_of("separation", f"AUROC {found.auroc:.3f} (95 %: {low:.3f} to {high:.3f})")
    if found.refused:
        lines += row_of("", f"{found.refused} defect files cannot be read", "unknown")
    lines.append(())
    lines += row_of("", "The next pages show the three defects that look most like good parts.", "label")
    return lines


def worst_lines(case: WorstSample, width: int, height: int) -> list[Line]:
    """Return a worst case: name, verdict, share of the alarm level, and its map and picture or its trace."""
    detected = case.state != "OK"
    lines: list[Line] = [
        ((case.name[:width], "strong"),),
        ((f"{case.state}: ", "ok" if detected else "anomaly"), (case.reason, "")),
        ((f"{case.share:.0%} of the alarm level", "label"),),
    ]
    room = height - len(lines)
    if case.map is not None:
        return lines + side_by_side(map_of(case, room), picture_of(case.picture, width - 32, room), 32)
    return lines + trace_curve(case.trace, width, room)


def map_of(case: WorstSample, rows: int) -> list[Line]:
    """Return the map of a case that has one, at most `rows` lines."""
    assert case.map is not None
    return grid_lines([list(row) for row in case.map], rows)


def picture_of(grey: GreyImage | None, width: int, rows: int) -> list[str]:
    """Return a grey picture as characters; empty without a picture or room for it."""
    if grey is None or width < 4 or rows < 2:
        return []
    columns = min(width, max(1, rows * 2 * grey.width // grey.height))
    rows = max(1, min(rows, round(columns * grey.height / grey.width / 2)))
    ramp = GLYPHS.shades
    cells = shrunk(Preview(grey.width, grey.height, grey.grey), columns, rows)
    return ["".join(ramp[value * len(ramp) // 256] for value in row) for row in cells]


def side_by_side(left: Sequence[Line], right: Sequence[str], at: int) -> list[Line]:
    """Return two blocks of lines side by side, the second from column `at` on."""
    lines: list[Line] = []
    for y in range(max(len(left), len(right))):
        first = left[y] if y < len(left) else ()
        used = sum(len(text) for text, _ in first)
        second = right[y] if y < len(right) else ""
        lines.append((*first, (" " * max(1, at - used) + second, "")))
    return lines


def sample_lines(sample: Reconstruction, width: int, height: int) -> list[Line]:
    """Return a sample as the model sees it, and beside it the model's reconstruction."""
    half = width // 2
    head: Line = ((f"{f'{sample.what} of {sample.name}'[: half - 1]:{half}}", "label"), ("its copy", "label"))
    foot: list[Line] = [((sample.axes, "label"),)] if sample.axes else []
    room = height - 1 - len(foot)
    seen, redrawn = (picture_of(grey, half - 2, room) for grey in (sample.seen, sample.redrawn))
    return [head, *side_by_side([((text, ""),) for text in seen], redrawn, half), *foot][:height]
