"""Files judged on a screen: chosen by keyboard, beside the bench and through a service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile

import tui.screens.files
from core.recipe import Recipe
from core.sources.motor import RATE
from tests.data import data_folder
from tests.parts import good_part, odd_part
from tests.tui.fake_station import FakeStation, snapshot
from tests.tui.service.served import serving
from tests.tui.test_shell import becomes, running, shows
from tests.tui.test_watch_app import screen_text
from tui.app import WatchApp
from tui.attached import AttachedStation
from tui.attached_app import AttachedApp
from tui.screens.files import FilesScreen, result_lines
from tui.shell import Shell

User = Mapping[str, str]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A stick with files: the screen begins there."""
    stick = tmp_path / "stick"
    (stick / "more").mkdir(parents=True)
    cv2.imwrite(str(stick / "a-good.png"), good_part(77))
    cv2.imwrite(str(stick / "b-odd.png"), odd_part(77))
    (stick / "c-torn.jpg").write_bytes(b"\xff\xd8\xff and no more")
    soundfile.write(stick / "d-noise.wav", np.random.default_rng(1).normal(0, 0.2, 3 * RATE), RATE)
    (stick / "notes.txt").write_text("not to be judged")
    tui.screens.files.last_folder = stick
    yield stick
    tui.screens.files.last_folder = None


def shell(recipe: Recipe) -> Shell:
    return Shell(recipe, lambda one: FakeStation(snapshot(recipe=one.name)))


async def test_files_are_judged_beside_the_bench(trained: Recipe, folder: Path) -> None:
    app = shell(trained)
    async with running(app) as pilot:
        await pilot.press("7")
        await becomes(pilot, app, shows(app, "> more/"))
        assert "notes.txt" not in screen_text(app)
        await pilot.press("down", "enter")
        await becomes(pilot, app, shows(app, "a-good.png ─"))
        assert "OK" in screen_text(app).splitlines()[3] and "like the good parts" in screen_text(app)
        await pilot.press("down", "enter")
        await becomes(pilot, app, shows(app, "b-odd.png ─"))
        assert "ANOMALY" in screen_text(app) and "map ─" in screen_text(app)
        await pilot.press("down", "enter")
        await becomes(pilot, app, shows(app, "or is damaged"))
        await pilot.press("down", "enter")
        await becomes(pilot, app, shows(app, "has learnt no sound"))
        await pilot.press("r")
        await becomes(pilot, app, shows(app, "Enter judges the file under the cursor"))


async def test_folders_are_walked_by_keyboard_and_paths_typed(trained: Recipe, folder: Path) -> None:
    app = shell(trained)
    async with running(app) as pilot:
        await pilot.press("7", "enter")
        await becomes(pilot, app, shows(app, "nothing here to judge"))
        await pilot.press("backspace")
        await becomes(pilot, app, shows(app, "> more/"))
        await pilot.press("slash", *"/nowhere/x.wav", "enter")
        await becomes(pilot, app, shows(app, "there is no such file or folder"))
        await pilot.press("escape", "slash", *str(folder / "b-odd.png"), "enter")
        await becomes(pilot, app, shows(app, "b-odd.png ─"))
        assert isinstance(app.screen, FilesScreen)
        await pilot.press("5")
        assert not isinstance(app.screen, FilesScreen)


async def test_through_a_service_with_amulets_sensitivity(trained: Recipe, user: User, folder: Path) -> None:
    model = data_folder("sound/amulet/new_test")
    wav = data_folder("sound/amulet/wav") / "test_from_5.0s.wav"
    with serving(trained.folder, user, "--port", "0", "--amulet", model, "--camera", "simulated") as served:
        station = AttachedStation(served.url)
        app: WatchApp = AttachedApp(station)
        async with app.run_test(size=(80, 24)) as pilot:
            await becomes(pilot, app, lambda: app.station.snapshot().image)  # type: ignore[arg-type]
            await pilot.press("2")
            await becomes(pilot, app, shows(app, "done where the service is"))  # type: ignore[arg-type]
            await pilot.press("7", "slash", *str(wav), "enter")
            await becomes(pilot, app, shows(app, "beyond 0.6451"))  # type: ignore[arg-type]
            assert "sensitivity 8" in screen_text(app) and "0.3-0.4 s  0.75" in screen_text(app)
            await pilot.press("minus", "minus")
            await becomes(pilot, app, shows(app, "sensitivity 6"))  # type: ignore[arg-type]
            await becomes(pilot, app, shows(app, "beyond 1.032"))  # type: ignore[arg-type]
            await pilot.press("r")
            await becomes(pilot, app, shows(app, "Enter judges the file under the cursor"))  # type: ignore[arg-type]
        station.stop()


@pytest.mark.parametrize(("width", "height"), [(20, 3), (45, 18), (90, 50)])
def test_a_result_fits_its_pane(width: int, height: int) -> None:
    windows = [{"start": at / 10, "end": at / 10 + 1, "score": at / 20, "anomaly": at > 30} for at in range(60)]
    sound = {"verdict": "ANOMALY", "reason": "words " * 40, "path": "x" * 200, "windows": windows}
    sound |= {"window_threshold": 1.5, "stretches": None, "method": "amulet"}
    lines = result_lines(sound, 8, width, height)
    assert len(lines) <= height
    assert "ANOMALY" in "".join(text for text, _ in lines[0])
