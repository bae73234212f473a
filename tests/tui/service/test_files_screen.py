"""Files judged on a screen: chosen by keyboard, beside the bench and through a service."""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import soundfile
from textual.pilot import Pilot
from textual.widgets import Input

import tui.screens.files
from core.inference.file_judge import FileJudge
from core.recipes.recipe import Recipe, open_recipe
from core.sources.simulated.motor import RATE
from models.progress import ProgressReporter
from models.sound.amulet import Fitted
from models.train import train
from tests.support.data import data_folder
from tests.support.fake_station import FakeStation, snapshot
from tests.support.parts import good_part, odd_part
from tests.support.served import curl, serving
from tests.support.sounds import faulty_motor, good_motor, make_motor_recipe, write_sounds
from tests.tui.app.test_dashboard import screen_text
from tests.tui.app.test_shell import becomes, running, shows
from tui.app.attached import AttachedApp
from tui.app.dashboard import Dashboard
from tui.app.shell import Shell
from tui.screens.files import FilesScreen, result_lines
from tui.stations.remote import RemoteStation

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


async def enter(pilot: Pilot[Any], path: Path) -> None:
    """The path typed in one go; that typing works is seen in one test."""
    await pilot.press("slash")
    pilot.app.screen.query_one(Input).value = str(path)
    await pilot.press("enter")


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
        await pilot.press("escape")
        await enter(pilot, folder / "b-odd.png")
        await becomes(pilot, app, shows(app, "b-odd.png ─"))
        assert isinstance(app.screen, FilesScreen)
        await pilot.press("5")
        assert not isinstance(app.screen, FilesScreen)


async def test_through_a_service_with_amulets_sensitivity(trained: Recipe, user: User, folder: Path) -> None:
    model = data_folder("sound/amulet/new_test")
    wav = data_folder("sound/amulet/wav") / "test_from_5.0s.wav"
    with serving(trained.folder, user, "--port", "0", "--amulet", model, "--camera", "simulated") as served:
        station = RemoteStation(served.url)
        app: Dashboard = AttachedApp(station)
        async with app.run_test(size=(80, 24)) as pilot:
            await becomes(pilot, app, lambda: (image := app.station.snapshot().image) and image.judged)  # type: ignore[arg-type]
            await pilot.press("2")
            await becomes(pilot, app, shows(app, "done where the service is"))  # type: ignore[arg-type]
            await pilot.press("7")
            await enter(pilot, wav)
            await becomes(pilot, app, shows(app, "beyond 0.6451"))  # type: ignore[arg-type]
            assert "sensitivity 8" in screen_text(app) and "0.3-0.4 s  0.75" in screen_text(app)
            await pilot.press("minus", "minus")
            await becomes(pilot, app, shows(app, "sensitivity 6"))  # type: ignore[arg-type]
            await becomes(pilot, app, shows(app, "beyond 1.032"))  # type: ignore[arg-type]
            await pilot.press("r")
            await becomes(pilot, app, shows(app, "Enter judges the file under the cursor"))  # type: ignore[arg-type]
        station.stop()


@pytest.fixture(scope="module")
def amulets(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """A recipe whose sound method is amulet. Its networks are as they were drawn at random: that takes no TensorFlow,
    and even they redraw a motor that stops worse. The rest, thresholds among it, is as `goodpart train` does it."""
    recipe = make_motor_recipe(tmp_path_factory.mktemp("amulets") / "motor", 8)
    recipe.change("sound", {"method": "amulet"})
    draw = np.random.default_rng(0)
    sizes = {1: (5, 16), 2: (16, 4), 3: (4, 4), 4: (4, 16)}
    shapes = {f"lstm_{n}/kernel": (of, 4 * units) for n, (of, units) in sizes.items()}
    shapes |= {f"lstm_{n}/recurrent_kernel": (units, 4 * units) for n, (_, units) in sizes.items()}
    shapes |= {f"lstm_{n}/bias": (4 * units,) for n, (_, units) in sizes.items()}
    shapes |= {"time_distributed_1/kernel": (16, 5), "time_distributed_1/bias": (5,)}

    def drawn(*_: Any) -> Fitted:
        return Fitted({name: draw.normal(0, 0.1, shape) for name, shape in shapes.items()}, {})

    options = argparse.Namespace(
        recipe=str(recipe.folder), image_method=None, sound_method=None, false_alarms=None, seed=0, epochs=1,
        candidate=False,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.sound.amulet.fit", drawn)
        train(options, ProgressReporter(io.StringIO()))
    return open_recipe(str(recipe.folder))


@pytest.fixture(scope="module")
def motors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    sounds = {"good": good_motor(99, 4.0), "stop": faulty_motor("stop", seconds=4.0)}
    folder = tmp_path_factory.mktemp("motors")
    return {name: write_sounds(folder / name, [sound])[0] for name, sound in sounds.items()}


def called(said: Any) -> int:
    return sum(window["anomaly"] for window in said["windows"])


def test_a_recipe_of_the_method_amulet_is_judged_by_sensitivity(
    amulets: Recipe, motors: Mapping[str, Path], user: User
) -> None:
    with serving(amulets.folder, user, "--port", "0", "--microphone", "simulated") as served:

        def judged(name: str, asked: str = "") -> Any:
            status, said = curl("-F", f"data_file=@{motors[name]}", f"{served.url}/judge{asked}")
            assert (status, said["method"]) == (200, "amulet")
            return said

        stops = {number: judged("stop", f"?sensitivity={number}") for number in (0, 8, 10)}
        assert stops[8] == judged("stop")
        for number, said in stops.items():
            limit, at = said["window_threshold"], said["reconstruction_error_threshold"]
            assert at == pytest.approx(stops[8]["reconstruction_error_threshold"] * (1 + 0.3 * (8 - number)))
            assert said["verdict"] == ("ANOMALY" if said["reconstruction_error"] > at else "OK")
            for window in said["windows"]:
                assert window["anomaly"] == (window["score"] > limit) or abs(window["score"] - limit) < 1e-3
        assert stops[0]["window_threshold"] > stops[8]["window_threshold"] > stops[10]["window_threshold"]
        goods = {number: judged("good", f"?sensitivity={number}") for number in (0, 8, 10)}
        assert (goods[0]["verdict"], goods[8]["verdict"], stops[8]["verdict"]) == ("OK", "OK", "ANOMALY")
        assert called(stops[0]) < called(stops[8]) and called(goods[8]) < called(goods[10])

        status, said = curl("-F", f"data_file=@{motors['stop']}", f"{served.url}/submit")
        assert status == 200
        assert said["Analysis"] == [
            {"Anomaly": True, "seconds": f"{one['end'] - 0.1:.1f}-{one['end']:.1f}", "value": one["score"]}
            for one in stops[8]["windows"] if one["anomaly"]
        ]  # fmt: skip
        status, said = curl("-F", f"data_file=@{motors['good']}", f"{served.url}/submit")
        assert (status, said) == (200, {"Analysis": [{"Anomaly": "No anomalies detected"}]})


async def test_the_sensitivity_of_a_recipes_own_amulet_is_moved_on_the_screen(
    amulets: Recipe, motors: Mapping[str, Path], folder: Path
) -> None:
    app = shell(amulets)
    judge = FileJudge(amulets)
    async with running(app) as pilot:
        await pilot.press("7")
        await enter(pilot, motors["stop"])
        for number, keys in ((8, []), (10, ["plus", "plus"]), (0, ["minus"] * 10)):
            await pilot.press(*keys)
            said = judge(motors["stop"], "x", sensitivity=number)
            words = f"{called(said)} of {len(said['windows'])} windows beyond {said['window_threshold']:.4g}"
            await becomes(pilot, app, shows(app, words))
            assert f"sensitivity {number}" in screen_text(app)


@pytest.mark.parametrize(("width", "height"), [(20, 3), (45, 18), (90, 50)])
def test_a_result_fits_its_pane(width: int, height: int) -> None:
    windows = [{"start": at / 10, "end": at / 10 + 1, "score": at / 20, "anomaly": at > 30} for at in range(60)]
    sound = {"verdict": "ANOMALY", "reason": "words " * 40, "path": "x" * 200, "windows": windows}
    sound |= {"window_threshold": 1.5, "stretches": None, "method": "amulet"}
    lines = result_lines(sound, 8, width, height)
    assert len(lines) <= height
    assert "ANOMALY" in "".join(text for text, _ in lines[0])
