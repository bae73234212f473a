"""A plot of the scores of a recording."""

from __future__ import annotations

from pathlib import Path

from core.errors import GoodpartError
from core.inference.sound_file import SoundFileResult


def draw_audition(result: SoundFileResult, title: str, place: Path) -> None:
    """Write the share of the alarm level over time as PNG. Raises GoodpartError if matplotlib is missing or the file
    cannot be written."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise GoodpartError("drawing needs matplotlib: pip install 'goodpart[train]'") from None

    figure = Figure(figsize=(10, 3.6), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    ends, shares = [window.end for window in result.windows], [window.share for window in result.windows]
    for stretch in result.stretches:
        axes.axvspan(stretch.start, stretch.end, color="#f85149", alpha=0.18, linewidth=0)
    for end, _ in result.faults:
        axes.axvspan(end - 1.0, end, color="#d29922", alpha=0.25, linewidth=0)
    axes.plot(ends, shares, color="#1f6feb", linewidth=1.2)
    axes.axhline(1.0, color="#f85149", linewidth=1.0, linestyle="--")
    axes.set_ylim(min(0.0, *shares), max(1.5, 1.05 * max(shares)))
    axes.set_xlim(0, ends[-1])
    axes.set_xlabel("seconds")
    axes.set_ylabel("share of the alarm level")
    axes.set_title(f"{title}: {result.state}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(place)
    except OSError as error:
        raise GoodpartError(f"{place}: cannot be written ({error.strerror or error})") from error
    except ValueError as error:
        raise GoodpartError(f"{place}: {error}") from error
