"""The contest of methods as a screen: with a contest that was held, and one that runs in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from textual.pilot import Pilot

from core.evaluation.comparison import contest_file, read_contest, write_contest
from core.recipes.recipe import Recipe, open_recipe
from core.state.jobs import TrainingState
from tests.support.comparisons import contest
from tests.support.fake_station import NOW, FakeStation, snapshot
from tests.support.parts import make_recipe, odd_part, write_parts
from tests.tui.app.test_dashboard import screen_text
from tui.app.dashboard import Dashboard
from tui.jobs import comparison
from tui.screens.compare import CompareScreen
from tui.screens.help import help_lines
from tui.terminal.capabilities import TerminalKind
from tui.view.keymap import keys_shown

SIZES = [(80, 24), (120, 40)]


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    return make_recipe(tmp_path / "pump", 1)


@asynccontextmanager
async def running(recipe: Recipe, size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[Dashboard, Pilot[None]]]:
    app = Dashboard(FakeStation(snapshot(recipe=recipe.name)), clock=lambda: NOW)
    async with app.run_test(size=size) as pilot:
        while "start" not in cast(FakeStation, app.station).calls:
            await pilot.pause(0.01)
        app.push_screen(CompareScreen(recipe))
        await pilot.pause()
        yield app, pilot


async def becomes(pilot: Pilot[None], app: Dashboard, words: str | Callable[[], bool], seconds: float = 20) -> str:
    for _ in range(round(seconds / 0.05)):
        app.show()
        await pilot.pause()
        if words() if callable(words) else words in screen_text(app):
            return screen_text(app)
        await pilot.pause(0.05)
    raise AssertionError(screen_text(app))


async def test_without_a_contest_it_says_how_to_hold_one(recipe: Recipe) -> None:
    async with running(recipe) as (app, pilot):
        text = await becomes(pilot, app, "No methods were compared by pictures yet")
        assert "c compares features and filter bank" in text
        await pilot.press("u")
        await becomes(pilot, app, "compare first")
        await pilot.press("x")
        await becomes(pilot, app, "nothing is being compared")
        await pilot.press("v")
        await becomes(pilot, app, "No methods were compared by sound yet")


@pytest.mark.parametrize("size", SIZES)
async def test_the_last_contest_is_told_with_its_advice_and_cases(recipe: Recipe, size: tuple[int, int]) -> None:
    write_contest(contest_file(recipe, "image"), contest(method="seed"))
    async with running(recipe, size) as (app, pilot):
        text = await becomes(pilot, app, "> features")
        for words in (
            "filter bank", "seed", "brightness", "file size", "Use features: AUROC 1.000", "It rests on 40",
            "worst of features", "000000-broken-0.png", "defective, missed: 80% of the alarm level",
        ):  # fmt: skip
            assert words in text
        await pilot.press("right")
        text = await becomes(pilot, app, "000001-good.png")
        assert "good, called: 110% of the alarm level" in text
        await pilot.press("down")
        assert "1 of 2" in await becomes(pilot, app, "worst of filter bank")
        await pilot.press("u")
        await becomes(pilot, app, "a recipe cannot use filter bank")
        await pilot.press("down", "u")
        await becomes(pilot, app, "recipe.toml is set to seed; train to get a model")
    assert open_recipe(str(recipe.folder)).settings.image.method == "seed"


async def test_a_recording_is_shown_over_time(recipe: Recipe) -> None:
    held = contest({"spectrum": 2.5, "amulet": 0.9, "level": 0.6}, sense="sound", method="spectrum")
    write_contest(contest_file(recipe, "sound"), held)
    async with running(recipe) as (app, pilot):
        await pilot.press("v")
        text = await becomes(pilot, app, "worst of spectrum")
        assert "alarm " in text
        assert "0 s" in text


async def test_a_contest_that_cannot_be_written_to_the_recipe_is_said(recipe: Recipe) -> None:
    write_contest(contest_file(recipe, "image"), contest())
    async with running(recipe) as (app, pilot):
        await becomes(pilot, app, "> features")
        recipe.toml.write_text("no [toml")
        await pilot.press("u")
        await becomes(pilot, app, "recipe.toml: cannot be read")


async def test_it_runs_in_the_background_and_is_shown_when_it_is_done(
    tmp_path: Path, user: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", user["PYTHONPATH"])
    monkeypatch.setenv("GOODPART_CACHE", user["GOODPART_CACHE"])
    recipe = make_recipe(tmp_path / "pump", 20)
    write_parts(recipe.defect_images, range(100, 105), odd_part)
    async with running(recipe) as (app, pilot):
        await pilot.press("c")
        await becomes(pilot, app, "comparing")
        await pilot.press("c")
        await becomes(pilot, app, "methods are being compared already")
        app.pop_screen()
        await pilot.pause(0.2)
        app.push_screen(CompareScreen(recipe))
        await becomes(pilot, app, "> features", 240)
    assert [entry.method for entry in read_contest(contest_file(recipe, "image")).entries][:2] == [
        "features", "filter bank",
    ]  # fmt: skip


async def test_it_is_cancelled_and_its_failure_is_told(recipe: Recipe) -> None:
    async with running(recipe) as (app, pilot):
        await pilot.press("c")
        await becomes(pilot, app, "there are no known defects to compare by", 60)
        write_parts(recipe.defect_images, range(100, 105), odd_part)
        write_parts(recipe.good_images, range(20))
        await pilot.press("C")
        await becomes(pilot, app, lambda: comparison.comparison_job(recipe, "image").running)
        await pilot.press("x")
        await becomes(pilot, app, lambda: not comparison.comparison_job(recipe, "image").running, 30)
    assert not contest_file(recipe, "image").exists()


def test_the_help_fits_80_by_24() -> None:
    lines = help_lines(keys_shown({}), CompareScreen.where, CompareScreen.about)
    assert len(lines) <= 24
    assert max(len("".join(part for part, _ in line)) for line in lines) <= 80


@pytest.mark.parametrize("kind", [TerminalKind(), TerminalKind("ascii", "none")], ids=["dark", "ascii"])
@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("scene", ["none", "pictures", "sound", "running"])
def test_the_contest_looks_as_it_was_looked_at(
    scene: str,
    size: tuple[int, int],
    kind: TerminalKind,
    recipe: Recipe,
    snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    if scene in ("pictures", "running"):
        write_contest(contest_file(recipe, "image"), contest(method="seed"))
    elif scene == "sound":
        held = contest({"spectrum": 2.5, "amulet": 0.9, "dcgan": 0.7, "level": 0.6}, sense="sound", method="spectrum")
        write_contest(contest_file(recipe, "sound"), held)
    app = Dashboard(FakeStation(snapshot(recipe=recipe.name)), clock=lambda: NOW, kind=kind)

    async def go(pilot: Pilot[None]) -> None:
        app.push_screen(CompareScreen(recipe))
        await pilot.pause()
        if scene == "running":
            run = TrainingState("running", "2/5 seed autoencoder", 8, 30, seconds_left=340)
            comparison.comparison_job(recipe, "image").now = run
        if scene == "sound":
            await pilot.press("v")
        await becomes(pilot, app, "worst of" if scene != "none" else "No methods were compared")
        app._feedback = ("", 0.0)
        app.show()
        await pilot.pause()
        assert kind.repertoire != "ascii" or screen_text(app).isascii()

    assert snap_compare(app, terminal_size=size, run_before=go)
