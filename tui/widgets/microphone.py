"""The state of the microphone: connection, level, and the spectrum of the newest tenth of a second."""

from __future__ import annotations

from collections.abc import Sequence

from core.state.material import Level
from core.state.sense import SoundState
from tui.terminal.glyphs import GLYPHS
from tui.terminal.themes import VERDICT_STYLES
from tui.view.text import minutes, tail, wrapped
from tui.view.view import View
from tui.widgets.pane import Line, Pane, Part, heading

STALE_AFTER = 1.0
"""Seconds after which the sound is stale, as in the health check of the station."""
FLOOR = -72.0
"""dB of full scale at the left end of the meter."""
QUIET, LOUD = -70.0, -15.0
"""dB of a band at which the strip is darkest and brightest."""


class MicrophonePane(Pane):
    """Shows the state of the microphone; empty without one."""

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        sound = view.snapshot.sound
        return [] if sound is None else microphone_lines(view, sound, width, height)


def microphone_lines(view: View, sound: SoundState, width: int, height: int) -> list[Line]:
    """Return at most `height` lines on the microphone; a single line shows the verdict on sound instead."""
    status = sound.status
    live = status.state == "live"
    state: Part = ("live", "ok") if live else (status.state.upper(), "unknown")
    if live and status.last_at is not None and view.now - status.last_at > STALE_AFTER:
        state = ("STALE", "unknown")
    lost: Part = (f"{status.overruns} OVERRUNS ", "unknown") if status.overruns else ("", "")
    if height <= 1:
        word = sound.verdict.state
        return [heading("sound", width, lost, (f"{word} ", VERDICT_STYLES[word]), state)]
    lines: list[Line] = [heading("microphone", width, state)]
    if not live:
        lines += [((text, "unknown"),) for text in wrapped(status.message or status.address, width, 3, GLYPHS.more)]
        return lines[:height]
    lines.append(level_meter(sound.level, width, view.units))
    lines.append(spectrum_cells(sound.spectrum, width) if sound.spectrum else (("listening", "label"),))
    rate = f"{status.rate} Hz {status.channels} ch"
    name = tail(status.device or status.address, max(6, width - len(rate) - 2), GLYPHS.more)
    lines.append(((name, "strong"), ("  ", ""), (rate, "")))
    heard: list[Part] = [(f"heard {minutes(status.seconds)}", "label")]
    if status.overruns:
        heard.append((f"  {lost[0]}", lost[1]))
    if status.reconnects:
        heard.append((f"  reconnected {status.reconnects}", "label"))
    lines.append(tuple(heard))
    return lines[:height]


def level_meter(level: Level | None, width: int, units: str = "dB") -> Line:
    """Return a level meter: the bar is the RMS, `|` the peak, `!` the highest peak of the last seconds; CLIP appears if
    samples reached full scale."""
    if level is None:
        return (("no sound yet", "unknown"),)
    label = " CLIP" if level.clipped else level_text(level.rms, units)
    cells = max(4, width - len(label) - 3)

    def cell(decibels: float) -> int:
        return max(0, min(cells, round((decibels - FLOOR) / -FLOOR * cells)))

    rms, peak, hold = cell(level.rms), cell(level.peak), cell(level.hold)
    bar = [GLYPHS.bar if x < rms else " " for x in range(cells)]
    for x, mark in ((peak, GLYPHS.axis), (hold, "!")):
        if x > rms or mark == "!":
            bar[min(cells - 1, max(0, x - 1))] = mark
    return (("[", "rule"), ("".join(bar), "trace"), ("] ", "rule"), (label, "hot" if level.clipped else ""))


def level_text(decibels: float, units: str) -> str:
    """Format a level in dB of full scale in seven columns: ` -23 dB`, or in percent of full scale: `  7.1 %`."""
    return f"{100 * 10 ** (decibels / 20):5.1f} %" if units == "percent" else f"{decibels:4.0f} dB"


def spectrum_cells(spectrum: Sequence[float], width: int) -> Line:
    """Return a strip with a cell per band (dB of full scale): low tones at the left, loud bands bright."""
    ends = ("low ", " high")
    cells = max(1, min(len(spectrum), width - len(ends[0]) - len(ends[1])))
    ramp = GLYPHS.shades
    shown = []
    for x in range(cells):
        part = spectrum[x * len(spectrum) // cells : max(x + 1, (x + 1) * len(spectrum) // cells)]
        bright = (max(part) - QUIET) / (LOUD - QUIET)
        shown.append(ramp[max(0, min(len(ramp) - 1, round(bright * (len(ramp) - 1))))])
    return ((ends[0], "label"), ("".join(shown), ""), (ends[1], "label"))
