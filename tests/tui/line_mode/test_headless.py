"""Without a screen: one JSON object for every verdict, or a line of at most 79 plain characters."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.serialization.verdict_json import as_json
from core.state.jobs import TrainingState
from core.state.parts import Part
from core.state.sense import ImageState
from core.state.snapshot import Snapshot
from core.state.source_status import SourceStatus
from core.state.verdict import ImageJudgement, ModelInfo, State, Thresholds, Verdict
from tests.support.fake_station import FakeStation
from tui.line_mode.console import LineConsole
from tui.line_mode.headless import write_json_lines
from tui.line_mode.status import status_line
from tui.terminal.progress_line import ProgressLine, progress_text

THRESHOLDS = Thresholds(-4.1, 0.004, "sum", -2.9, 0.0025, 0.05, 0.0001)
MODEL = ModelInfo("features", "abc", 120, "2024-11-05T14:03:22", "EfficientNet-Lite0")
IMAGE = ImageJudgement(1, -3.0, 0.003, False, 0.4, 0.7, 0.2, np.zeros((14, 14), np.float32), 12.3456)


def snapshot(
    at: float,
    state: State,
    number: int = 0,
    reason: str = "because",
    fault: str = "",
    part: Part | None = None,
    **of_image: Any,
) -> Snapshot:
    verdict, judged = Verdict(state, reason), replace(IMAGE, number=number) if number else None
    image = ImageState(SourceStatus("live", "0"), verdict, judged, THRESHOLDS, model=MODEL)
    image = replace(image, **of_image)
    return Snapshot(number=1, at=at, recipe="pump", verdict=verdict, image=image, fault=fault, part=part)


def said(snapshots: Iterable[Snapshot]) -> list[dict[str, Any]]:
    out = io.StringIO()
    write_json_lines(iter(snapshots), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_object_tells_all_that_the_contract_promises() -> None:
    (told,) = said([snapshot(1000.0004, "OK", 1, truth="good", fault="the disk is full")])
    assert told == {
        "time": 1000.0,
        "verdict": "OK",
        "reason": "because",
        "truth": "good",
        "image": {
            "anomaly": False,
            "score": 0.7,
            "density": -3.0,
            "density_threshold": -4.1,
            "reconstruction_error": 0.003,
            "reconstruction_error_threshold": 0.004,
            "p_value": 0.2,
            "milliseconds": 12.35,
            "model": "abc",
        },
        "fault": "the disk is full",
    }


def test_every_judged_sample_is_told_once() -> None:
    told = said([snapshot(1.0, "OK", 1), snapshot(1.1, "OK", 1), snapshot(1.2, "OK", 2), snapshot(1.3, "ANOMALY", 3)])
    assert [t["verdict"] for t in told] == ["OK", "OK", "ANOMALY"]


def test_while_nothing_can_be_judged_it_is_told_at_the_turn_and_once_a_second() -> None:
    told = said([snapshot(1.0, "OK", 1), *(snapshot(1.1 + step / 10, "UNKNOWN") for step in range(30))])
    assert [t["verdict"] for t in told] == ["OK", "UNKNOWN", "UNKNOWN", "UNKNOWN"]
    assert "image" not in told[1]


def test_nothing_is_told_while_the_camera_is_opened_for_the_first_time() -> None:
    opening = SourceStatus("opening", "0")
    assert said([snapshot(1.0, "UNKNOWN", model=None, status=opening), snapshot(1.1, "OK", 1)])[0]["verdict"] == "OK"


def test_what_is_no_number_is_null() -> None:
    image = replace(IMAGE, density=float("nan"), score=float("inf"))
    told = as_json(snapshot(1.0, "ANOMALY", judged=image))
    assert told["image"]["density"] is None
    assert "NaN" not in json.dumps(told)


def test_lines_come_at_a_turn_and_once_a_second() -> None:
    out = io.StringIO()
    shown = [snapshot(step / 10, "OK", 1) for step in range(1, 30)] + [snapshot(3.0, "ANOMALY", 2)]
    LineConsole(FakeStation(snapshot(0.0, "OK", 1)), out).show(iter(shown), out)
    assert [line.split()[1] for line in out.getvalue().splitlines()] == ["OK", "OK", "OK", "ANOMALY"]


@given(st.text(), st.text(), st.floats(), st.booleans())
def test_a_line_fits_any_terminal(reason: str, truth: str, density: float, judged: bool) -> None:
    image = replace(IMAGE, density=density) if judged else None
    line = status_line(snapshot(0.0, "UNKNOWN", reason=reason, truth=truth, judged=image))
    assert len(line) <= 79
    assert line.isascii()
    assert line.isprintable()


def test_a_line_tells_scores_and_thresholds() -> None:
    assert status_line(snapshot(0.0, "OK", 1))[8:] == " OK      d -3.00/-4.10 e 0.0030/0.0040"
    assert status_line(snapshot(0.0, "UNKNOWN", reason="camera: pulled"))[8:] == " UNKNOWN camera: pulled"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_on_a_terminal_is_one_line_written_over() -> None:
    out = Terminal()
    line = ProgressLine(out)
    line(TrainingState("running", "density", 1, 4, seconds_left=200.0))
    line(TrainingState("running", "autoencoder", 4, 4, loss=0.5))
    line.end()
    assert "\n" not in out.getvalue()
    assert "density      [######..................] 1/4 3 min left" in out.getvalue()
    assert "loss 0.5000" in out.getvalue()
    assert out.getvalue().endswith("\r")


def test_progress_in_a_log_is_a_line_a_phase() -> None:
    out = io.StringIO()
    line = ProgressLine(out)
    for step in range(100):
        line(TrainingState("running", "density", step, 100))
    line(TrainingState("running", "writing", 0, 1))
    line.end()
    assert [text.split()[0] for text in out.getvalue().splitlines()] == ["density", "writing"]


def test_progress_goes_on_when_nobody_reads_it() -> None:
    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    line = ProgressLine(Gone())
    line(TrainingState("running", "density", 1, 4))
    line.end()


@given(st.text(max_size=40), st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0, 1e9))
def test_progress_fits_any_terminal(phase: str, step: int, of: int, left: float) -> None:
    assert len(progress_text(TrainingState("running", phase, step, of, loss=left, seconds_left=left))) <= 79


def test_a_part_that_was_counted_is_an_object_with_its_number_told_once() -> None:
    part = Part(7, 1000.4, Verdict("ANOMALY", "redrawn badly"), "knob", {"image": {"density": -5.2}})
    shown = [snapshot(1000.0 + number / 10, "OK", number + 1, part=part if number > 3 else None) for number in range(8)]
    parts = [told for told in said(shown) if "part" in told]
    assert parts == [
        {
            "part": 7,
            "time": 1000.4,
            "verdict": "ANOMALY",
            "reason": "redrawn badly",
            "by": "knob",
            "image": {"density": -5.2},
        }
    ]
