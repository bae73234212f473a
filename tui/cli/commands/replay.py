"""goodpart replay: judges a recording again."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from core.recipes.recipe import Recipe, open_recipe
from core.replay.outcome import Difference, ReplayedSample, ReplayOutcome, models_of, same_judging
from core.replay.replay import Replay
from core.state.jobs import TrainingState
from core.state.sense_words import SENSE_WORDS
from core.state.snapshot import Snapshot
from core.state.verdict import Sense, State
from core.tape.header import TapeHeader, versions_that_move_scores
from core.tape.verdict_stream import VerdictLine
from tui.line_mode.headless import write_json_lines
from tui.terminal.progress_line import ProgressLine

MOST_TURNS = 30
MOST_DIFFERENCES = 30
"""Lines that are printed at most."""
SAMPLES: Mapping[Sense, str] = {"image": "pictures", "sound": "stretches of sound"}
"""The names of samples in a summary."""
STATES: tuple[State, ...] = ("OK", "ANOMALY", "UNKNOWN")


def run(options: argparse.Namespace) -> int:
    """Judge the recording again and print what came out; with --against, compare two recipes on it.

    Returns 1 if the verdicts differ from the live ones, else 0. Raises GoodpartError.
    """
    path: Path = options.recording
    if options.against:
        return compare(path, options.recipe, options.against, as_json=options.json)
    recipe, note = chosen_recipe(path, options.recipe)
    # With --json the verdicts are the output, so that the summary goes to stderr.
    out = sys.stderr if options.json else sys.stdout
    with closing(Replay(path, recipe)) as replay:
        seconds = judge_all(replay, to_json=options.json)
        lines = [*summary_lines(replay, note), *speed_lines(replay.outcome, seconds)]
        print("\n".join(lines), file=out)
        return 1 if replay.outcome.same is False else 0


def chosen_recipe(path: Path, name: str | None) -> tuple[Recipe | None, str]:
    """Return the recipe to judge with (None: the recorded models), and a note on it. Raises GoodpartError."""
    if name is None:
        return None, "judged with the recorded models and settings"
    recipe = open_recipe(name)
    why = same_judging(*models_of(path), recipe)
    if not why:
        return None, f"judged with {recipe.name}: the models and settings of the recording"
    return recipe, f"judged with {recipe.name}: {why}, so it is not compared with the live verdicts"


def judge_all(replay: Replay, *, to_json: bool = False) -> float:
    """Judge the whole recording, as JSON lines on stdout if asked; return the seconds that it took."""
    began = time.perf_counter()
    line = ProgressLine()

    def snapshots() -> Iterator[Snapshot]:
        for snapshot in replay.snapshots():
            if sys.stderr.isatty():
                done = 100 * replay.recording.place // max(1, replay.recording.size)
                line(TrainingState("running", "judging again", done, 100))
            yield snapshot

    if to_json:
        write_json_lines(snapshots(), sys.stdout)
    else:
        for _ in snapshots():
            pass
    line.end()
    return time.perf_counter() - began


# The summary.


def summary_lines(replay: Replay, note: str) -> list[str]:
    """Return the summary: recording, model, counts, warnings, verdicts, and the comparison with the live ones."""
    head, outcome = replay.recording.head, replay.outcome
    day = time.strftime("%Y-%m-%d", time.localtime(head.wall))
    lines = [
        f"recording  {replay.recording.path.name}: {outcome.seconds:.1f} s from {day} {clock(head.wall)},"
        f" recipe {head.recipe}, {replay.recording.size / 1e6:.1f} MB",
        f"model      {note}",
        *[f"samples    {line}" for line in count_lines(outcome)],
    ]
    if outcome.commands:
        left_out = f", {outcome.left_out} left out: made for other models" if outcome.left_out else ""
        lines.append(f"commands   {outcome.commands} (thresholds, pauses){left_out}")
    lines += [f"warning    {warning}" for warning in warning_lines(outcome)]
    lines += [
        f"verdict    {clock(when)}  {verdict.state:7}  {verdict.reason}" for when, verdict in outcome.turns[:MOST_TURNS]
    ]
    if len(outcome.turns) > MOST_TURNS:
        lines.append(f"verdict    and {len(outcome.turns) - MOST_TURNS} more changes: --json lists every verdict")
    return [
        *lines,
        f"hash       {outcome.digest.hex()} of {outcome.digest.count} verdicts",
        *live_comparison_lines(outcome, head),
    ]


def count_lines(outcome: ReplayOutcome) -> list[str]:
    """Return a line per sense with samples: how many had each verdict."""
    lines = []
    for sense, samples in SAMPLES.items():
        counts = {state: outcome.counts[sense, state] for state in STATES}
        if sum(counts.values()):
            each = ", ".join(f"{state} {count}" for state, count in counts.items())
            lines.append(f"{sum(counts.values())} {samples}: {each}")
    return lines


def warning_lines(outcome: ReplayOutcome) -> list[str]:
    """Return what is wrong with the recording; empty if nothing is."""
    warnings = []
    if not outcome.whole:
        torn = f": {outcome.torn_bytes} incomplete bytes at its end are left out" if outcome.torn_bytes else ""
        warnings.append(f"the recording was not closed properly{torn}")
    if outcome.trouble:
        warnings.append(outcome.trouble)
    if outcome.lost:
        warnings.append(f"{outcome.lost} samples are missing, the first at {clock(outcome.first_lost or 0.0)}")
    return warnings


def live_comparison_lines(outcome: ReplayOutcome, head: TapeHeader) -> list[str]:
    """Return whether the verdicts equal the live ones, and if not, where and why; empty if incomparable."""
    if outcome.same is None:
        return []
    if outcome.difference:
        return [
            "live       NOT the same",
            *difference_lines(outcome.difference),
            *version_lines(head.versions, versions_that_move_scores()),
        ]
    if outcome.lost:
        return [f"live       the same until the first missing sample at {clock(outcome.first_lost or 0.0)}"]
    return [f"live       the same: {outcome.live.count} verdicts, {outcome.live.hex()[:16]}"]


def version_lines(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return a line per package whose version differs from the recording's: a possible cause of differences."""
    names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    return [f"           {name} was {then.get(name, 'missing')}, is {now.get(name, 'missing')}" for name in names]


def difference_lines(difference: Difference) -> list[str]:
    """Return the first differing verdict, live and replayed."""

    def text(line: VerdictLine | None) -> str:
        return "nothing more" if line is None else json.dumps(line)

    return [
        f"           first at {clock(difference.at)}",
        f"           live    {text(difference.live)}",
        f"           replay  {text(difference.replayed)}",
    ]


def speed_lines(outcome: ReplayOutcome, seconds: float) -> list[str]:
    """Return how much faster than real time the recording was judged."""
    return [f"speed      {outcome.seconds / max(seconds, 1e-9):.1f} times real time ({seconds:.1f} s)"]


def clock(at: float) -> str:
    """Return a time (seconds since 1970) as local HH:MM:SS.mmm."""
    return time.strftime("%H:%M:%S", time.localtime(at)) + f".{int(at * 1000) % 1000:03d}"


# Two recipes on one recording.


def compare(path: Path, name: str | None, other: str, *, as_json: bool) -> int:
    """Judge the recording with two recipes, print how they differ and return 0. Raises GoodpartError.

    `name` is None for the recorded models.
    """
    outcomes: list[ReplayOutcome] = []
    names = [open_recipe(name).name if name else "recorded", open_recipe(other).name]
    for recipe, note in (chosen_recipe(path, name), chosen_recipe(path, other)):
        with closing(Replay(path, recipe, keep_samples=True)) as replay:
            judge_all(replay)
            outcomes.append(replay.outcome)
            if not as_json:
                print("\n".join(summary_lines(replay, note)) + "\n")
    pairs = paired_samples(outcomes[0].samples, outcomes[1].samples)
    if as_json:
        for one, two in pairs:
            print(json.dumps(as_object(one, two, names)))
        return 0
    print("\n".join(pair_lines(pairs, names)))
    return 0


def paired_samples(
    one: Sequence[ReplayedSample], two: Sequence[ReplayedSample]
) -> list[tuple[ReplayedSample, ReplayedSample]]:
    """Return the samples that both recipes have judged, in the order of `one`."""
    others = {(sample.sense, sample.number): sample for sample in two}
    return [(sample, others[key]) for sample in one if (key := (sample.sense, sample.number)) in others]


def as_object(one: ReplayedSample, two: ReplayedSample, names: Sequence[str]) -> dict[str, Any]:
    """Return both verdicts on one sample as an object of --json."""
    result: dict[str, Any] = {"time": round(two.at, 3), "kind": one.sense, "number": one.number}
    if one.truth is not None:
        result["truth"] = one.truth
    for sample, which, name in ((one, "one", names[0]), (two, "two", names[1])):
        result[which] = {
            "recipe": name,
            "verdict": sample.verdict.state,
            "reason": sample.verdict.reason,
            "score": sample.score,
        }
    return result | {"agree": one.verdict.state == two.verdict.state}


def pair_lines(pairs: Sequence[tuple[ReplayedSample, ReplayedSample]], names: Sequence[str]) -> list[str]:
    """Return how often two recipes agree, per sense and verdict, and a table of the samples that they differ on."""
    lines = []
    for sense, words in SENSE_WORDS.items():
        mine = [(a, b) for a, b in pairs if a.sense == sense]
        if not mine:
            continue
        agree = sum(a.verdict.state == b.verdict.state for a, b in mine)
        lines.append(f"{words.stream}: {names[0]} and {names[1]} agree on {agree} of {len(mine)}")
        for first in STATES:
            row = [sum(a.verdict.state == first and b.verdict.state == second for a, b in mine) for second in STATES]
            if sum(row):
                lines.append(
                    f"  {first:7} by {names[0]}: "
                    + ", ".join(f"{count} {state}" for count, state in zip(row, STATES, strict=True) if count)
                    + f" by {names[1]}"
                )
    differ = [(a, b) for a, b in pairs if a.verdict.state != b.verdict.state]
    if differ:
        width = max(17, len(names[0]) + 1)
        lines.append(f"\n{'time':12}  {'kind':5} {'number':>6}  {names[0]:{width}} {names[1]:{width}} truth")
        for a, b in differ[:MOST_DIFFERENCES]:
            both = f"{sample_words(a):{width}} {sample_words(b):{width}} {a.truth or ''}"
            lines.append(f"{clock(b.at)}  {a.sense:5} {a.number:6}  {both}".rstrip())
    if len(differ) > MOST_DIFFERENCES:
        lines.append(f"and {len(differ) - MOST_DIFFERENCES} more: --json lists them all")
    return lines


def sample_words(sample: ReplayedSample) -> str:
    """Return the verdict and score of a sample as one cell of that table."""
    return f"{sample.verdict.state:7} {'-' if sample.score is None else f'{sample.score:.2f}'}"
