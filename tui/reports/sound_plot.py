"""A picture of how a recording was judged."""

from __future__ import annotations

from pathlib import Path

from core.errors import GoodpartError
from core.inference.sound_file import SoundFileResult


def draw_audition(heard: SoundFileResult, title: str, place: Path) -> None:
    """Share of the alarm level over time as PNG. Raises GoodpartError where it cannot be drawn or written."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise GoodpartError("drawing takes matplotlib: pip install 'goodpart[train]'") from None

    figure = Figure(figsize=(10, 3.6), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    ends, shares = [one.end for one in heard.windows], [one.share for one in heard.windows]
    for stretch in heard.stretches:
        axes.axvspan(stretch.start, stretch.end, color="#f85149", alpha=0.18, linewidth=0)
    for at, _ in heard.faults:
        axes.axvspan(at - 1.0, at, color="#d29922", alpha=0.25, linewidth=0)
    axes.plot(ends, shares, color="#1f6feb", linewidth=1.2)
    axes.axhline(1.0, color="#f85149", linewidth=1.0, linestyle="--")
    axes.set_ylim(min(0.0, *shares), max(1.5, 1.05 * max(shares)))
    axes.set_xlim(0, ends[-1])
    axes.set_xlabel("seconds")
    axes.set_ylabel("share of the alarm level")
    axes.set_title(f"{title}: {heard.state}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(place)
    except OSError as error:
        raise GoodpartError(f"{place}: cannot be written ({error.strerror or error})") from error
    except ValueError as error:
        raise GoodpartError(f"{place}: {error}") from error
