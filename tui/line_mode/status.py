"""The state of the station as text: the status line, news, and a summary."""

from __future__ import annotations

import time

from core.state.snapshot import Snapshot, truth_of, waiting_model
from tui.view.text import taping_words


def shift_line(snapshot: Snapshot) -> str:
    """Return the counts of the shift, at most 79 columns."""
    shift = snapshot.shift
    share = "" if shift.share_ok is None else f" yield {100 * shift.share_ok:.1f} %"
    since = time.strftime("%H:%M", time.localtime(shift.since))
    counted = f"{shift.parts} parts OK {shift.ok} ANOMALY {shift.anomalies} UNKNOWN {shift.unknown}"
    return f"shift since {since}: {counted}{share}"


def status_line(snapshot: Snapshot) -> str:
    """Return time, verdict, scores and thresholds on one line, at most 79 columns of ASCII."""
    parts = [time.strftime("%H:%M:%S", time.localtime(snapshot.at)), f"{snapshot.verdict.state:7}"]
    if snapshot.shot is not None and snapshot.shot.state == "judged" and snapshot.part is not None:
        parts.append(f"part {snapshot.part.number}")
    states = snapshot.senses.values()
    for judged, t in ((state.judged, state.thresholds) for state in states):
        if judged and t:
            from core.decision.verdict import score_text  # loads NumPy, which would delay the first line

            d, e = score_text(judged.density, t.density_step), score_text(judged.reconstruction_error, t.error_step)
            parts.append(f"d {d}/{score_text(t.density, t.density_step)}")
            parts.append(f"e {e}/{score_text(t.reconstruction_error, t.error_step)}")
    truth = truth_of(snapshot)
    if truth is not None:
        parts.append(f"truth: {truth}")
    if not any(state.judged for state in states) or (snapshot.shot is not None and snapshot.shot.state != "judged"):
        parts.append(snapshot.verdict.reason)
    return plain_ascii(" ".join(parts))[:79]


def news_of(snapshot: Snapshot) -> str:
    """Return the outcome of a command: a fault, the end of a training, of storing or of a recording; empty without
    one."""
    training = snapshot.training
    news = snapshot.fault or (training.message if training and training.state != "running" else "")
    news = news or next((state.stored for state in snapshot.senses.values() if state.stored), "")
    return news or snapshot.offers.told


def summary_lines(snapshot: Snapshot) -> list[str]:
    """Return the verdict's reason and the shift, then the jobs that run: storing, training, recording, and a fault."""
    lines = [snapshot.verdict.reason, shift_line(snapshot)]
    if snapshot.image and snapshot.image.capture:
        capture = snapshot.image.capture
        stored = f"stored {capture.stored}{f' of {capture.wanted}' if capture.wanted else ''}"
        lines.append(f"{stored}; {capture.note}".rstrip("; "))
    if snapshot.training and snapshot.training.state == "running":
        run = snapshot.training
        left = "" if run.seconds_left is None else f", {run.seconds_left:.0f} s left"
        lines.append(f"training: {run.phase} {run.step}/{run.of}{left}")
    if waiting_model(snapshot):
        lines.append("a new model is ready: use starts using it")
    lines += [taping_words(snapshot.taping)] if snapshot.taping else []
    lines += [snapshot.fault] if snapshot.fault else []
    return lines


def plain_ascii(text: str) -> str:
    """Replace control characters and everything beyond ASCII by `?`."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
