"""How every screen looks that has no test of its own for it, at two sizes, in colours and in ASCII without them.

`pytest --snapshot-update` after a change that was looked at.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from core.evaluation.model_review import TARGETS
from core.evaluation.review_process import ReviewProgress
from core.evaluation.review_result import TargetCosts
from core.library import LibraryEntry
from core.recipes.recipe import Recipe, new_recipe
from core.state.jobs import TrainingState
from core.state.material import InventorySummary, Meters, PictureCapture, SoundRecording
from core.state.snapshot import Snapshot
from tests.support.fake_station import (
    MODEL,
    NOW,
    FakeStation,
    anomaly_map,
    both,
    hearing,
    preview,
    snapshot,
    turning,
    with_image,
)
from tests.tui.app.test_dashboard import screen_text
from tests.tui.screens.test_train import found
from tui.app.shell import Shell
from tui.jobs import model_review
from tui.screens import files, recipes
from tui.terminal.capabilities import TerminalKind

SIZES = [(80, 24), (120, 40)]
DARK, ASCII = TerminalKind(), TerminalKind("ascii", "none")


@dataclass(frozen=True)
class Scene:
    """A screen, and what is shown there."""

    keys: str
    sees: str
    """When this is shown, it is complete."""
    now: Snapshot
    typed: tuple[str, ...] = ()
    opened: bool = True
    """A recipe is."""
    many: int = 3
    """Recipes on the shelf."""


def recipe_screen() -> Snapshot:
    return snapshot(recipe="pump")


def teaching() -> Snapshot:
    meters = Meters(112.0, 0.0, 80.0, (90.0, 120.0), 60.0)
    sound = hearing(
        inventory=InventorySummary(22, 4, (), 1325.0),
        capture=SoundRecording(12.4, "000022-recorded-20261124-141530.wav"),
    )
    note = "the last 40 pictures are nearly the same: move the part a little"
    capture = PictureCapture(42, None, "000112-good.png", note, per_second=1.9)
    now = with_image(both(), inventory=InventorySummary(112, 12, (preview(),) * 6), meters=meters, capture=capture)
    return replace(now, recipe="pump", sound=sound)


def learning() -> Snapshot:
    curve = tuple((0.4 / (step + 1), 0.45 / (step + 1) + 0.01) for step in range(24))
    return snapshot(recipe="pump", training=TrainingState("running", "autoencoder", 24, 40, *curve[-1], 42.0, curve))


def learnt() -> Snapshot:
    return snapshot(recipe="pump", new_model=replace(MODEL, bundle="77be02", taught=134))


SCENES = {
    "guide": Scene("", "Five steps", snapshot(recipe=""), opened=False, many=0),
    "recipes": Scene("1", "cover-plate-2", recipe_screen()),
    "new recipe": Scene("1 n", "microphone", recipe_screen(), typed=("pump-8", "0", "", "/dev/ttyUSB0")),
    "teach": Scene("2", "move the part", teaching()),
    "train": Scene("3", "24/40", learning()),
    "result": Scene("3", "17 of 20 found", learnt()),
    "missed": Scene("3 space", "crack-07.png", learnt()),
    "redrawn": Scene("3 space space space space", "its copy", learnt()),
    "calibrate": Scene("4", "99!", recipe_screen()),
    "files": Scene("7 down down enter", "row 7 col 10", recipe_screen()),
    "delete": Scene("1 D", "type its name", recipe_screen()),
    "new shift": Scene("5 S", "y: yes", recipe_screen()),
    "help": Scene("5 question_mark", "Esc goes back", recipe_screen()),
    "ranges": Scene("5 o", "knob ranges", replace(turning(), recipe="pump")),
    "palette": Scene("5 ctrl+p", "Search", recipe_screen()),
}


class StillShell(Shell):
    """Looks at the station when it is told to."""

    def _tick(self) -> None:
        pass

    def on_news(self) -> None:
        pass


def shelf(recipe: Recipe, many: int) -> list[LibraryEntry]:
    rows = [
        LibraryEntry(recipe.folder, "2026-11-05T14:03:22", 120, 1325.0, 3, True, 412),
        LibraryEntry(recipe.folder.with_name("cover-plate-2"), "", 31),
        LibraryEntry(recipe.folder.with_name("torn"), trouble="recipe.toml: line 3: a key without a value"),
    ]
    return rows[:many]


def costs() -> tuple[TargetCosts, ...]:
    taught = 60
    told = []
    for number, target in enumerate(TARGETS):
        needed = round(1 / target) - 1
        beyond = needed > taught
        told.append(
            TargetCosts(
                target, needed, taught, None if beyond else (target / 2, 2 * target), None if beyond else 2 + number,
                None if beyond else -3.6 - number / 4, None if beyond else 0.4 + number / 20,
                "more good ones are needed" if beyond else "",
            )
        )  # fmt: skip
    return tuple(told)


class Seen:
    """In place of the examination in a process of its own: what it has found."""

    def __init__(self, folder: Path, *, candidate: bool) -> None:
        self.now = ReviewProgress("done", found=(found(costs=costs()),))

    def stop(self) -> None: ...


class Desk:
    async def judge(self, file: Path, sensitivity: float | None) -> dict[str, Any]:
        words = "too little like the good parts: density -5.21, threshold -4.10"
        return {"path": file.name, "verdict": "ANOMALY", "reason": words, "map": anomaly_map(7.4).tolist()}

    async def close(self) -> None: ...


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recipe]:
    """The recipe `pump`, and a stick with files; nothing that is shown hangs on where, when and on what it was made."""
    for name, value in {"TZ": "UTC", "GOODPART_DATA_HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    time.tzset()
    recipe = new_recipe(str(tmp_path / "pump"))
    monkeypatch.setattr(model_review, "ModelReviewProcess", Seen)
    monkeypatch.setattr(files.FilesScreen, "_file_scorer", lambda _: Desk())
    monkeypatch.setattr(files, "last_folder", Path("stick"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stick" / "more").mkdir(parents=True)
    for name in ("a-good.png", "b-odd.png", "d-noise.wav"):
        (tmp_path / "stick" / name).touch()
    yield recipe
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("kind", [DARK, ASCII], ids=["dark", "ascii"])
@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("name", SCENES)
def test_every_screen_looks_as_it_was_looked_at(
    name: str, size: tuple[int, int], kind: TerminalKind, recipe: Recipe, snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    scene = SCENES[name]
    monkeypatch.setattr(recipes, "shelved", lambda: shelf(recipe, scene.many))
    station = FakeStation(scene.now)
    shell = StillShell(recipe if scene.opened else None, lambda _: station, kind=kind, clock=lambda: NOW)
    assert snap_compare(shell, terminal_size=size, run_before=turned_to(shell, station, scene, kind))


def turned_to(
    shell: Shell, station: FakeStation, scene: Scene, kind: TerminalKind
) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def turn(pilot: Pilot[None]) -> None:
        async with asyncio.timeout(30):
            while scene.opened and "start" not in station.calls:
                await pilot.pause(0.01)
            station.publish(scene.now)
            shell.show()
            for key in scene.keys.split():
                await pilot.press(key)
                shell.show()
                await pilot.pause()
            for field, text in zip(shell.screen.query(Input), scene.typed, strict=False):
                field.value = text
            while scene.sees not in screen_text(shell):
                shell.show()
                await pilot.pause(0.01)
        shell._feedback = ("", 0.0)
        for field in shell.screen.query(Input):
            field.cursor_blink = False
        shell.show()
        await pilot.pause()
        if kind == ASCII:
            assert screen_text(shell).isascii()

    return turn
