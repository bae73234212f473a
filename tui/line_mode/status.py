"""The status line."""

from __future__ import annotations

import time

from core.state.snapshot import Snapshot, truth_of


def shift_line(snapshot: Snapshot) -> str:
    """At most 79 columns."""
    shift = snapshot.shift
    share = "" if shift.share_ok is None else f" yield {100 * shift.share_ok:.1f} %"
    since = time.strftime("%H:%M", time.localtime(shift.since))
    counted = f"{shift.parts} parts OK {shift.ok} ANOMALY {shift.anomalies} UNKNOWN {shift.unknown}"
    return f"shift since {since}: {counted}{share}"


def status_line(snapshot: Snapshot) -> str:
    """At most 79 columns, ASCII."""
    words = [time.strftime("%H:%M:%S", time.localtime(snapshot.at)), f"{snapshot.verdict.state:7}"]
    if snapshot.shot is not None and snapshot.shot.state == "judged" and snapshot.part is not None:
        words.append(f"part {snapshot.part.number}")
    states = snapshot.senses.values()
    for judged, t in ((state.judged, state.thresholds) for state in states):
        if judged and t:
            from core.decision.verdict import shown  # loads NumPy, and the first line shall come at once

            words.append(f"d {shown(judged.density, t.density_step)}/{shown(t.density, t.density_step)}")
            words.append(
                f"e {shown(judged.reconstruction_error, t.error_step)}/{shown(t.reconstruction_error, t.error_step)}"
            )
    truth = truth_of(snapshot)
    if truth is not None:
        words.append(f"truth: {truth}")
    if not any(state.judged for state in states) or (snapshot.shot is not None and snapshot.shot.state != "judged"):
        words.append(snapshot.verdict.reason)
    return plain(" ".join(words))[:79]


def plain(text: str) -> str:
    """ASCII without control characters."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
