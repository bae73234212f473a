"""Events of the journal as lines of text: a row of the table, and all details of one event."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.journal.evidence import Evidence
from core.journal.row import JournalRow, event_sentence
from core.state.sense_words import SENSE_WORDS
from tui.terminal.glyphs import GLYPHS
from tui.terminal.themes import VERDICT_STYLES
from tui.view.text import printable, wrapped
from tui.widgets.pane import Line, Part, heading
from tui.widgets.picture import map_lines, preview_lines
from tui.widgets.trace_plot import trace_columns

_NAMES = {
    "density": "density",
    "reconstruction_error": "reconstruction error",
    "score": "score",
    "p_value": "p value",
    "milliseconds": "judged in ms",
    "model": "model",
}
_SHOWN = (
    "image",
    "sound",
    "picture",
    "trace",
    "sound_file",
    "sense",
    "density",
    "reconstruction_error",
    "traceback",
    "map",
)


def table_line(row: JournalRow | None, chosen: bool, width: int) -> Line:
    """Return the row of an event, `>11-27 15:04:05  verdict    ANOMALY  sentence`; `...` for None, which is not read
    yet."""
    if row is None:
        return ((" ...", "label"),)
    mark = ">" if chosen else " "
    sentence = printable(event_sentence(row))
    room = max(0, width - 37)
    if len(sentence) > room:
        sentence = sentence[: max(0, room - 1)] + GLYPHS.more
    return (
        (f"{mark}{row.when:%m-%d %H:%M:%S}  ", "strong" if chosen else "label"),
        (f"{printable(row.kind)[:9]:9}  ", "strong" if chosen else ""),
        (f"{printable(row.verdict)[:7]:7}  ", VERDICT_STYLES.get(row.verdict, "")),
        (sentence, "strong" if chosen else ""),
    )


def event_lines(row: JournalRow, evidence: Evidence | None, width: int) -> list[Line]:
    """Return all fields of an event as text, and notes on its evidence (None while it is being read)."""
    when = f" {row.when:%A %Y-%m-%d %H:%M:%S %z}  row {row.id}"
    lines: list[Line] = [((when, "label"),)]
    lines.append(((f" {printable(row.kind)}", "strong"), (f" {row.verdict}", VERDICT_STYLES.get(row.verdict, ""))))
    lines += _paragraph(printable(event_sentence(row)), width)
    for which in ("density", "reconstruction_error"):
        change = row.change(which)
        if change:
            lines.append(((f" {_NAMES[which]} threshold", "label"), (f" {change[0]:g} -> {change[1]:g}", "threshold")))
    if row.kind == "threshold":
        lines.append(((" set by ", "label"), (printable(row.reason) or "unknown", "")))
        lines.append(((" of ", "label"), ("sound" if row.sense == "sound" else "pictures", "")))
    for sense, words in SENSE_WORDS.items():
        scores = row.data.get(sense)
        if isinstance(scores, Mapping):
            lines += [(), *_scores(words.sample, scores, width)]
    rest = [(name, value) for name, value in row.data.items() if name not in _SHOWN and value is not None]
    for name, value in rest:
        text = value if isinstance(value, str) else json.dumps(value)
        lines += _paragraph(printable(f"{name.replace('_', ' ')}: {text}"), width)
    for text in row.data.get("traceback", ()) if isinstance(row.data.get("traceback"), list) else ():
        lines += [((f" {printable(line)}"[:width], "label"),) for line in str(text).splitlines()]
    if evidence is None:
        return [*lines, (), ((" reading the kept picture and sound ...", "label"),)]
    for note in evidence.notes:
        lines += _paragraph(printable(note), width, "label")
    return lines


def _paragraph(text: str, width: int, style: str = "") -> list[Line]:
    return [((f" {line}", style),) for line in wrapped(text, max(1, width - 1), 8, GLYPHS.more)]


def _scores(sample: str, scores: Mapping[str, Any], width: int) -> Iterator[Line]:
    state: Part = ("anomalous", "anomaly") if scores.get("anomaly") else ("like the good parts", "ok")
    yield heading(f" {sample}", width, state)
    for name, shown in _NAMES.items():
        value, threshold = scores.get(name), scores.get(f"{name}_threshold")
        if value is None:
            continue
        parts: list[Part] = [(f" {shown} ", "label"), (_number(value), "")]
        if threshold is not None:
            parts.append((f"  threshold {_number(threshold)}", "threshold"))
        yield tuple(parts)


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else printable(str(value))


def evidence_lines(evidence: Evidence | None, ascii_only: bool, width: int, height: int) -> list[Line]:
    """Return the trace of the sound, the kept picture and its map, as many of them as fit."""
    if evidence is None:
        return []
    lines: list[Line] = []
    if evidence.trace is not None:
        lines += trace_columns(evidence.trace, width, min(12, height // 2))
    if evidence.preview is not None:
        # For an anomaly of the sound the trace is more useful than the map.
        with_map = evidence.map is not None and (evidence.trace is None or height >= 30)
        room = (height - len(lines)) // 2 if with_map else height - len(lines)
        lines += preview_lines(evidence.preview, width, room, "ascii" if ascii_only else "shades")
        if with_map:
            lines += map_lines(evidence.map, width, height - len(lines))
    return lines


def filter_line(verdict: str | None, kind: str | None, day: str, right: str, width: int) -> Line:
    """Return the line with the filters of the table, and `right` at its end."""
    parts: Sequence[Part] = (
        (" verdict ", "label"), (verdict or "all", VERDICT_STYLES.get(verdict or "", "strong")),
        ("  kind ", "label"), (kind or "all", "strong"), ("  day ", "label"), (day, "strong"),
    )  # fmt: skip
    length = sum(len(text) for text, _ in parts)
    return (*parts, (right.rjust(max(0, width - length - 1)), "label"))
