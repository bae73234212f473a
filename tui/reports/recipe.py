"""The report of a recipe as one HTML file."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime

from core import __version__
from core.errors import GoodpartError
from core.journal.query import History, day_bounds
from core.recipes.recipe import Recipe
from core.state.jobs import TrainingState
from core.state.parts import Shift
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense
from tui.reports import html
from tui.terminal.progress_line import ProgressLine

DAYS = 14
"""Days of the journal that the report covers."""


_PASSWORD = re.compile(r"(?<=://)[^/@\s\"']+@")


class Report:
    """The report of one recipe; `body` yields its parts."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self.refused: list[str] = []
        """Reasons for which a model or the journal cannot be read; filled while `body` runs."""

    def body(self) -> Iterator[str]:
        """Yield the HTML: a chapter per sense, the last days, the settings without passwords."""
        recipe = self._recipe
        yield html.heading(1, f"goodpart: {recipe.name}")
        yield html.paragraph(f"{time.strftime('%Y-%m-%d %H:%M %z')}, goodpart {__version__}, {recipe.folder}", "dim")
        for sense in recipe.senses:
            yield from self._chapter(sense)
        yield from self._guarded(self._journal())
        yield html.heading(2, "Settings")
        toml = recipe.toml.read_text(encoding="utf-8-sig", errors="replace")
        yield html.preformatted(_PASSWORD.sub("***@", toml))

    def _chapter(self, sense: Sense) -> Iterator[str]:
        recipe = self._recipe
        if not recipe.bundle(sense).exists():
            good = recipe.good(sense)
            count = sum(not path.name.startswith(".") for path in good.iterdir()) if good.is_dir() else 0
            yield html.heading(2, SENSE_WORDS[sense].stream.capitalize())
            yield html.paragraph(f"Nothing was learnt yet; {count} good files were taught. `goodpart train` learns.")
            return
        from tui.reports.model_chapter import chapter

        yield from self._guarded(chapter(recipe, sense, judging_progress(SENSE_WORDS[sense].files)))

    def _guarded(self, parts: Iterator[str]) -> Iterator[str]:
        try:
            yield from parts
        except GoodpartError as error:
            self.refused.append(str(error))
            yield html.paragraph(f"Not available: {error}", "warning")

    def _journal(self) -> Iterator[str]:
        yield html.heading(2, f"The last {DAYS} days")
        if not self._recipe.journal.exists():
            yield html.paragraph("There is no journal yet; `goodpart watch` begins one.")
            return
        with History(self._recipe.journal) as history:
            last = history.day_before(None) or date.today()
            bounds = day_bounds(last, DAYS)
            counts = history.counts(bounds)
            shifts = history.shifts(bounds[0], bounds[-1])
            in_shifts = history.counts(shifts)
        yield _counted("day", "%a %Y-%m-%d", bounds, counts)
        if in_shifts:
            yield html.heading(3, "Shifts")
            yield _counted("from", "%a %Y-%m-%d %H:%M", shifts, in_shifts)
        yield html.paragraph(
            "Yield is the share of OK parts; parts that could not be judged (UNKNOWN) count as not OK. Single shots"
            " count parts, and continuous judging counts them if it notices their exchange. Turned to ANOMALY counts"
            " how often the verdict changed to ANOMALY. Faults are faults of camera, microphone and station.",
            "dim",
        )


def _counted(name: str, form: str, bounds: Sequence[float], counts: Sequence[Mapping[tuple[str, str], int]]) -> str:
    """Return a table with a row for each period in which something happened."""
    head = (name, "parts", "OK", "ANOMALY", "UNKNOWN", "yield", "turned to ANOMALY", "thresholds", "faults")
    begun = (f"{datetime.fromtimestamp(at):{form}}" for at in bounds)
    return html.table(head, [[start, *_row(period)] for start, period in zip(begun, counts, strict=False) if period])


def _row(counts: Mapping[tuple[str, str], int]) -> list[object]:
    def of(kind: str, verdict: str | None = None) -> int:
        return sum(number for (k, v), number in counts.items() if k == kind and verdict in (None, v))

    ok, called, unknown = (of("part", verdict) for verdict in ("OK", "ANOMALY", "UNKNOWN"))
    shift = Shift(0.0, ok, called, unknown)
    share = "-" if shift.share_ok is None else f"{100 * shift.share_ok:.1f} %"
    faults = of("health", "UNKNOWN") + of("fault")
    return [shift.parts, ok, called, unknown, share, of("verdict", "ANOMALY"), of("threshold"), faults]


def judging_progress(what: str) -> Callable[[int, int], None]:
    """Return a function that prints the progress of judging, with the time left, on standard error."""
    line, began = ProgressLine(), time.monotonic()

    def show(step: int, of: int) -> None:
        left = (time.monotonic() - began) * (of - step) / step if step else None
        line(TrainingState("running", f"judging {what}", step, of, seconds_left=left))
        if step == of - 1:
            line.end()

    return show
