"""The state of the station in words: the status line, what is new, and a summary."""

from __future__ import annotations

import time

from core.state.snapshot import Snapshot, truth_of, waiting_model
from tui.view.text import taping_words


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
            from core.decision.verdict import score_text  # loads NumPy, and the first line shall come at once

            d, e = score_text(judged.density, t.density_step), score_text(judged.reconstruction_error, t.error_step)
            words.append(f"d {d}/{score_text(t.density, t.density_step)}")
            words.append(f"e {e}/{score_text(t.reconstruction_error, t.error_step)}")
    truth = truth_of(snapshot)
    if truth is not None:
        words.append(f"truth: {truth}")
    if not any(state.judged for state in states) or (snapshot.shot is not None and snapshot.shot.state != "judged"):
        words.append(snapshot.verdict.reason)
    return plain_ascii(" ".join(words))[:79]


def news_of(snapshot: Snapshot) -> str:
    """The outcome of a command: a fault, the end of a training, of storing or of a recording; empty without one."""
    training = snapshot.training
    told = snapshot.fault or (training.message if training and training.state != "running" else "")
    told = told or next((state.stored for state in snapshot.senses.values() if state.stored), "")
    return told or snapshot.offers.told


def summary_lines(snapshot: Snapshot) -> list[str]:
    """The verdict's reason and the shift, then what is going on."""
    said = [snapshot.verdict.reason, shift_line(snapshot)]
    if snapshot.image and snapshot.image.capture:
        now = snapshot.image.capture
        said.append(f"stored {now.stored}{f' of {now.wanted}' if now.wanted else ''}; {now.note}".rstrip("; "))
    if snapshot.training and snapshot.training.state == "running":
        run = snapshot.training
        left = "" if run.seconds_left is None else f", {run.seconds_left:.0f} s left"
        said.append(f"training: {run.phase} {run.step}/{run.of}{left}")
    if waiting_model(snapshot):
        said.append("a new model waits: use takes it over")
    said += [taping_words(snapshot.taping)] if snapshot.taping else []
    said += [snapshot.fault] if snapshot.fault else []
    return said


def plain_ascii(text: str) -> str:
    """ASCII without control characters."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
