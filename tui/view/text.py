"""Numbers, times and the formula as the screen shows them. Pure functions."""

from __future__ import annotations

import math

from core.decision.decimals import decimals
from core.decision.rule import RULES, share, shares
from core.state.jobs import TapeState
from core.state.verdict import Thresholds


def number(value: float, step: float) -> str:
    """Format a score or threshold with the decimals of its step."""
    if not math.isfinite(value):
        return str(value)
    if abs(value) >= 1e7:
        return f"{value:.2e}"
    places = decimals(step)
    # Adding zero turns -0 into 0.
    return f"{round(value, places) + 0.0:.{places}f}"


def age(seconds: float) -> str:
    """Format an age: 0.1 s, 45 s, 3 min, 2 h."""
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"


def left(seconds: float) -> str:
    """Format the remaining time in minutes and seconds: `1:05 left`."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d} left"


def minutes(seconds: float) -> str:
    """Format a duration in minutes and seconds: 0:12."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def formula(density: float, error: float, t: Thresholds) -> str:
    """Return the formula of the rule with live values, such as `if density < threshold and error > threshold :
    ANOMALY`."""
    d, e = number(density, t.density_step), number(error, t.error_step)
    of_density, of_error = shares(density, error, t)
    sign, rest = ("-", -of_error) if of_error < 0 else ("+", of_error)
    return RULES[t.rule].formula.format(
        density=d,
        error=e,
        low=f"{d} < {number(t.density, t.density_step)}",
        high=f"{e} > {number(t.reconstruction_error, t.error_step)}",
        of_density=_share(of_density),
        sign=sign,
        of_error=_share(rest),
        share=_share(share(density, error, t)),
    )


def _share(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    # Adding zero turns -0 into 0.
    return f"{round(value, 2) + 0:.2f}" if abs(value) < 100 else f"{value:.0f}"


def taping_words(taping: TapeState) -> str:
    """Describe the state of a tape: running or ended, file name, size, missing samples."""
    size = f"{taping.megabytes:.1f}" if taping.megabytes < 10 else f"{taping.megabytes:.0f}"
    progress = f"{'recorded' if taping.over else 'recording'} {tail(taping.file, 20, '..')} {size} MB"
    missing = f", {taping.lost} {'sample' if taping.lost == 1 else 'samples'} missing" if taping.lost else ""
    return progress + missing + (", ended: see the journal" if taping.over and taping.trouble else "")


def wrapped(text: str, width: int, rows: int, more: str) -> list[str]:
    """Wrap a text into at most `rows` lines of at most `width` characters; `more` marks a text that is cut off."""
    lines: list[str] = []
    for word in text.split():
        while len(word) > width > 0:
            lines.append(word[:width])
            word = word[width:]
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    if len(lines) > rows:
        lines = lines[:rows]
        if lines:
            lines[-1] = lines[-1][: max(0, width - 1)] + more
    return lines


def tail(text: str, width: int, more: str) -> str:
    """Shorten a text to `width` characters: `more` and its end, because the end of an address matters most."""
    return text if len(text) <= width else more + text[len(text) - max(0, width - 1) :]


def printable(text: str) -> str:
    """Replace control characters by `?`: a file name can contain some that move the cursor or change colours."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
