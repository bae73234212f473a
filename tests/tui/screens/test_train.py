"""Training and its result: the curve, the card, and the screen around them."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.commands import CancelTraining, DiscardModel, Pause, TakeOverModel, Train
from core.evaluation.review_result import GreyImage, ModelReview, Reconstruction, WorstSample
from core.recipes.recipe import Recipe, open_recipe
from core.state.jobs import TrainingState
from tests.support.fake_station import MODEL, snapshot, with_image
from tests.support.parts import odd_part, write_parts
from tests.tui.app.test_dashboard import screen_text
from tests.tui.app.test_shell import Bench, becomes, bench, running, shows
from tui.app.shell import Shell
from tui.screens.train import TrainScreen
from tui.view.keymap import keys_shown
from tui.widgets.loss_curve import AXIS, curve_lines
from tui.widgets.pane import Line
from tui.widgets.result_card import result_pages, sample_lines, summary_lines, worst_lines
from tui.widgets.trace_plot import trace_curve

__all__ = ["bench"]


def text(lines: list[Line]) -> list[str]:
    return ["".join(part for part, _ in line) for line in lines]


def grey(width: int = 56, height: int = 42) -> GreyImage:
    return GreyImage(width, height, bytes((x * 4 + y) % 256 for y in range(height) for x in range(width)).hex())


def found(**changes: object) -> ModelReview:
    grid = tuple(tuple(5.0 if (x, y) == (3, 9) else 0.2 for x in range(14)) for y in range(14))
    worst = WorstSample("crack-07.png", "OK", "like the good parts (91 % of the alarm level)", 0.91, grey(), grid)
    usual = ModelReview(
        sense="image", method="features", backbone="EfficientNet-Lite0", bundle="3fa9c1",
        trained_at="2026-11-05T14:03:22",
        taught=120, note="5 % false alarms asked, 2.1 to 8.9 % to expect", density=-4.1, error=0.52, density_step=0.05,
        error_step=0.01, by="calibrated for 5 % false alarms", good=120, defects=20, refused=0, misses=2, unknown=1,
        auroc=0.971, interval=(0.92, 0.99), worst=(worst, worst, worst),
        sample=Reconstruction("feature map", "000120-good.png", grey(14, 14), grey(14, 14)),
    )  # fmt: skip
    return replace(usual, **changes)


def test_the_curve_falls_from_left_to_right() -> None:
    curve = [(1.0 / (step + 1), 1.2 / (step + 1)) for step in range(40)]
    lines = text(curve_lines(curve, 60, 12))
    assert lines[1].lstrip().startswith("1.2") and lines[-1].lstrip().startswith("0.025")
    rows = {column: y for y, line in enumerate(lines[1:]) for column, c in enumerate(line[AXIS:]) if c == "·"}
    assert rows[0] < rows[10] < rows[39]


@given(st.lists(st.tuples(st.floats(), st.none() | st.floats()), max_size=300), st.integers(1, 130), st.integers(1, 45))
@example([(-1.7e308, 1.7e308)] * 3, 60, 12)
def test_any_curve_fits_its_pane(curve: list[tuple[float, float | None]], width: int, height: int) -> None:
    lines = curve_lines(curve, width, height)
    assert len(lines) <= height
    assert all(len(line) <= max(width, 70) for line in text(lines))


def test_the_summary_says_what_is_called_and_what_is_missed() -> None:
    said = "\n".join(text(summary_lines(found(), 78, keys_shown({}))))
    for words in (
        "17 of 20 found, 2 missed, 1 UNKNOWN",
        "AUROC 0.971 (95 %: 0.920 to 0.990)",
        "density -4.10, error 0.52",
    ):
        assert words in said
    none = found(defects=0, misses=0, unknown=0, auroc=None, interval=None, worst=())
    without = "\n".join(text(summary_lines(none, 78, keys_shown({}))))
    assert "no known defects yet" in without and "AUROC" not in without and "(key 2, then f)" in without
    other = keys_shown({"go-teach": "f2", "teach-kind": "tab"})
    assert "(key f2, then tab)" in "\n".join(text(summary_lines(none, 78, other)))


def test_a_missed_defect_is_shown_with_map_and_picture() -> None:
    lines = text(worst_lines(found().worst[0], 78, 18))
    assert lines[0] == "crack-07.png" and lines[1].startswith("OK: ")
    assert any("*5" in line for line in lines) and max(map(len, lines)) <= 78 and len(lines) <= 18


def test_the_reconstruction_stands_beside_the_sample() -> None:
    sample = found().sample
    assert sample is not None
    lines = text(sample_lines(sample, 78, 16))
    assert "feature map of 000120-good.png" in lines[0] and lines[0].rstrip().endswith("its copy")
    assert all(line[:20].rstrip() == line[39:59].rstrip() for line in lines[1:8])


@given(
    st.lists(st.tuples(st.floats(0, 1e4), st.floats(-5, 1e9)), max_size=200), st.integers(10, 120), st.integers(1, 40)
)
def test_any_trace_fits(trace: list[tuple[float, float]], width: int, rows: int) -> None:
    assert len(trace_curve(trace, width, rows)) <= rows


def test_a_sound_says_how_it_is_to_be_read() -> None:
    sample = Reconstruction("log-mel", "000020-recorded.wav", grey(90, 64), grey(90, 64), "time from left to right")
    for height in range(1, 20):
        assert len(sample_lines(sample, 78, height)) <= height
    lines = text(sample_lines(sample, 78, 18))
    assert "log-mel of 000020-recorded.wav" in lines[0] and lines[-1] == "time from left to right"
    assert len(lines) > 8


def test_where_nothing_can_be_redrawn_it_is_said() -> None:
    told = "\n".join(text(summary_lines(found(sense="sound", sample=None), 78, keys_shown({}))))
    assert "nothing to show: no good recording can be read" in told
    assert "nothing to show" not in "\n".join(text(summary_lines(found(), 78, keys_shown({}))))


def test_pages_of_a_model() -> None:
    assert [(p.worst is not None, p.sample is not None) for p in result_pages([found()])] == [
        (False, False), (True, False), (True, False), (True, False), (False, True),
    ]  # fmt: skip


@pytest.fixture
def pump(bench: Bench, trained: Recipe) -> Recipe:
    """A trained recipe with defects to test with, and a new model that waits."""
    bench.home.mkdir()
    shutil.move(trained.folder, bench.home / "pump")
    recipe = open_recipe(str(bench.home / "pump"))
    write_parts(recipe.defect_images, range(900, 904), odd_part)
    shutil.copy(recipe.image_bundle, recipe.candidate("image"))
    return recipe


async def test_training_from_the_first_step_to_the_new_model(bench: Bench, pump: Recipe) -> None:
    shell = Shell(pump, bench.open)
    async with running(shell) as pilot:
        station = bench.stations["pump"]
        station.publish(with_image(station.now, model=None))
        await pilot.press("3")
        await becomes(pilot, shell, shows(shell, "Nothing was learnt yet"))
        await pilot.press("t")
        assert station.calls[-1] == Train()
        curve = tuple((1.0 / (n + 1), None) for n in range(30))
        station.publish(
            replace(station.now, training=TrainingState("running", "network", 30, 60, 0.03, None, 61.0, curve))
        )
        await becomes(pilot, shell, shows(shell, "1:01 left"))
        assert "loss" in screen_text(shell) and "·" in screen_text(shell)
        await pilot.press("x")
        assert station.calls[-1] == CancelTraining()
        done = TrainingState("done", message="30 good pictures were learnt")
        station.publish(replace(with_image(station.now, new_model=replace(MODEL, bundle="77b0d2")), training=done))
        await becomes(pilot, shell, shows(shell, "the new model, not used yet: pictures"))
        await becomes(pilot, shell, shows(shell, "of 4 found"))
        await pilot.press("right")
        await becomes(pilot, shell, shows(shell, "page 2 of"))
        assert "of the alarm level" in screen_text(shell)
        await pilot.press("left", "left")
        await becomes(pilot, shell, shows(shell, "its copy"))
        await pilot.press("n", "o")
        assert station.calls[-2:] == [TakeOverModel(), DiscardModel()]
        assert isinstance(shell.screen, TrainScreen)


async def test_a_model_that_cannot_be_read_is_told(bench: Bench, pump: Recipe) -> None:
    pump.image_bundle.write_bytes(b"torn")
    shell = Shell(pump, bench.open)
    async with running(shell) as pilot:
        await pilot.press("3")
        await becomes(pilot, shell, shows(shell, "torn"))


async def test_the_palette_finds_what_a_key_does(bench: Bench, pump: Recipe) -> None:
    shell = Shell(pump, bench.open)
    async with running(shell) as pilot:
        station = bench.stations["pump"]
        station.publish(snapshot(recipe="pump"))
        await pilot.press("ctrl+p", *"pause")
        await becomes(pilot, shell, shows(shell, "pause judging, or go on"))
        await pilot.press("down", "enter")
        await becomes(pilot, shell, lambda: Pause(True) in station.calls)
