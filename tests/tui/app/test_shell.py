"""Several screens, several recipes, one station at a time: with real recipes and stations that only take notes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual._compositor import LayoutUpdate
from textual.pilot import Pilot
from textual.widgets import Input

from core.commands import AcceptOffers, CollectPictures, DeleteTaught, DiscardOffers, EndCollecting, RecordSound
from core.errors import GoodpartError
from core.recipes.recipe import Recipe, new_recipe, open_recipe
from core.state.material import InventorySummary, Meters, PictureCapture, ReviewQueue
from tests.support.fake_station import FakeStation, anomaly, both, hearing, preview, snapshot, with_image
from tests.tui.app.test_dashboard import screen_text
from tui.app.shell import Shell
from tui.screens.form import AskScreen
from tui.screens.recipes import RecipesScreen
from tui.screens.teach import TeachScreen
from tui.screens.watch import WatchScreen
from tui.widgets.title_and_footer import NoticeLine, notice_line


class Bench:
    """Recipes below a folder of their own, and the stations that were opened."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.stations: dict[str, FakeStation] = {}
        self.refused = ""

    def open(self, recipe: Recipe) -> FakeStation:
        if self.refused:
            raise GoodpartError(self.refused)
        station = FakeStation(snapshot(recipe=recipe.name))
        self.stations[recipe.name] = station
        return station

    def make(self, name: str) -> Recipe:
        return new_recipe(str(self.home / name))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv("GOODPART_DATA_HOME", str(tmp_path / "recipes"))
    return Bench(tmp_path / "recipes")


@asynccontextmanager
async def running(shell: Shell, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[None]]:
    async with shell.run_test(size=size) as pilot:
        await pilot.pause()
        yield pilot


async def becomes(pilot: Pilot[None], shell: Shell, true: Callable[[], object]) -> None:
    for _ in range(200):
        if true():
            shell.show()
            await pilot.pause()
            return
        await pilot.pause(0.02)
    raise AssertionError(screen_text(shell))


def shows(shell: Shell, words: str) -> Callable[[], bool]:
    return lambda: words in screen_text(shell)


async def test_a_key_of_a_screen_is_answered_before_the_screen_is_there(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell, said, go = Shell(bench.make("pump"), bench.open), [""], Shell.go

    def noted(app: Shell, where: str) -> None:
        said.append(notice(app))
        go(app, where)

    monkeypatch.setattr(Shell, "go", noted)
    async with running(shell) as pilot:
        for key, word in (("1", "recipes"), ("3", "train"), ("6", "history"), ("6", "history"), ("5", "watch")):
            await pilot.press(key)
            assert said[-1].startswith(f" {word}: ")
            await becomes(pilot, shell, lambda word=word: notice(shell).startswith(f" {word}: "))


def notice(shell: Shell) -> str:
    view = shell.screen.query_one(NoticeLine)._view
    return "" if view is None else "".join(text for text, _ in notice_line(view))


async def test_a_new_screen_is_never_drawn_blank(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(bench.make("pump"), bench.open)
    drawn: list[str] = []

    def display(app: Shell, screen: object, renderable: object) -> None:
        if isinstance(screen, TeachScreen) and isinstance(renderable, LayoutUpdate):
            drawn.append("\n".join("".join(strip.text for strip in strips) for strips in renderable.strips))

    async with running(shell) as pilot:
        monkeypatch.setattr(Shell, "_display", display)
        await pilot.press("2")
        await becomes(pilot, shell, lambda: drawn)
    assert "goodpart  pump" in drawn[0] and "good/defective" in drawn[0] and "teach: " in drawn[0]


async def test_the_screens_name_their_keys_by_the_key_map(bench: Bench) -> None:
    keymap = {"go-train": "f3", "go-teach": "f2", "calibrate-save": "f9"}
    shell = Shell(bench.make("pump"), bench.open, keymap)
    async with running(shell) as pilot:
        await pilot.press("4")
        await becomes(pilot, shell, shows(shell, "1/f2/f3/4/5/6/7/8 screens"))
        bench.stations["pump"].publish(snapshot(recipe="pump", model=None))
        await becomes(pilot, shell, shows(shell, "teach (f2), then train (f3)"))
        shell.calibrate_for(0.05)
        await becomes(pilot, shell, shows(shell, "f9 saves it"))
        await pilot.press("f3")
        await becomes(pilot, shell, shows(shell, "(key f2 teaches)"))


async def test_the_first_run_tells_the_steps_and_makes_a_recipe(bench: Bench) -> None:
    shell = Shell(None, bench.open)
    async with running(shell) as pilot:
        await becomes(pilot, shell, shows(shell, "There are no recipes yet"))
        await pilot.press("2")
        assert isinstance(shell.screen, RecipesScreen)
        await becomes(pilot, shell, shows(shell, "first open a recipe, or make a new one"))
        await pilot.press("n", *"pump-7", "enter", *"simulated", "enter", "enter", "enter")
        await becomes(pilot, shell, lambda: isinstance(shell.screen, TeachScreen))
        assert "start" in bench.stations["pump-7"].calls
    recipe = open_recipe(str(bench.home / "pump-7"))
    assert recipe.settings.camera.source == "simulated" and recipe.perceived() == ("image",)


async def test_what_is_typed_wrong_can_be_mended(bench: Bench) -> None:
    bench.make("pump-7")
    shell = Shell(None, bench.open)
    async with running(shell) as pilot:
        await pilot.press("n", *"pump-7", "enter", "enter", "enter", "enter")
        await becomes(pilot, shell, shows(shell, "there is a recipe pump-7 already"))
        shell.screen.query_one("#field0", Input).value = "pump-8"
        shell.screen.query_one("#field1", Input).value = "nowhere.avi"
        await pilot.press("enter")
        await becomes(pilot, shell, shows(shell, "nowhere.avi"))
        assert isinstance(shell.screen, AskScreen) and not (bench.home / "pump-8").exists()
        await pilot.press("escape")
        assert isinstance(shell.screen, RecipesScreen)


async def test_another_recipe_ends_the_station_of_the_first(bench: Bench, trained_once: Path) -> None:
    first, second = bench.make("a"), bench.make("b")
    shell = Shell(first, bench.open)
    async with running(shell) as pilot:
        assert isinstance(shell.screen, WatchScreen)
        await pilot.press("1")
        await becomes(pilot, shell, shows(shell, "> a*"))
        bench.stations["a"].publish(replace(anomaly(), recipe="a"))
        await becomes(pilot, shell, shows(shell, "ANOMALY"))  # the bench stays in view
        await pilot.press("down", "enter")
        await becomes(pilot, shell, lambda: shell.recipe is not None and shell.recipe.folder == second.folder)
        await becomes(pilot, shell, lambda: isinstance(shell.screen, TeachScreen))
        assert "stop" in bench.stations["a"].calls and "stop" not in bench.stations["b"].calls
        await pilot.press("5")
        assert isinstance(shell.screen, WatchScreen)
        await becomes(pilot, shell, shows(shell, "goodpart  b"))
    assert shell.station is bench.stations["b"]


async def test_a_recipe_that_cannot_be_opened_says_why_and_the_list_stays(bench: Bench) -> None:
    bench.make("a")
    bench.refused = "a: another goodpart is judging with this recipe"
    shell = Shell(None, bench.open)
    async with running(shell) as pilot:
        await becomes(pilot, shell, shows(shell, "> a "))
        await pilot.press("enter")
        await becomes(pilot, shell, shows(shell, "another goodpart is judging"))
        assert isinstance(shell.screen, RecipesScreen) and shell.recipe is None


async def test_a_recipe_is_deleted_only_when_its_name_is_typed(bench: Bench) -> None:
    recipe = bench.make("pump")
    shell = Shell(recipe, bench.open)
    async with running(shell) as pilot:
        await pilot.press("1")
        await becomes(pilot, shell, shows(shell, "> pump*"))
        await pilot.press("D", *"pum", "enter")
        await becomes(pilot, shell, shows(shell, "nothing was deleted"))
        assert recipe.toml.exists()
        await pilot.press("p", "enter")
        await becomes(pilot, shell, lambda: not recipe.folder.exists())
        assert "stop" in bench.stations["pump"].calls
        await becomes(pilot, shell, shows(shell, "There are no recipes yet"))
        assert shell.recipe is None


async def test_copied_and_renamed(bench: Bench) -> None:
    bench.make("pump")
    shell = Shell(None, bench.open)
    async with running(shell) as pilot:
        await becomes(pilot, shell, shows(shell, "> pump"))
        await pilot.press("c", "enter")
        await becomes(pilot, shell, shows(shell, "  pump-2 "))
        await pilot.press("down", "r", "end", "0", "enter")
        await becomes(pilot, shell, lambda: (bench.home / "pump-20").exists())
        assert not (bench.home / "pump-2").exists()


async def test_teaching_stores_good_and_defective_and_deletes(bench: Bench) -> None:
    recipe = bench.make("pump")
    shell = Shell(recipe, bench.open)
    async with running(shell) as pilot:
        station = bench.stations["pump"]
        await pilot.press("2")
        meters = Meters(112.0, 0.0, 80.0, (90.0, 120.0), 60.0)
        held = InventorySummary(12, 3, (preview(), preview()))
        station.publish(
            replace(
                with_image(both(), inventory=held, meters=meters),
                recipe="pump",
                sound=hearing(inventory=InventorySummary(2, 0, (), 90.0)),
            )
        )
        await becomes(pilot, shell, shows(shell, "12 good (13 more)"))
        text = screen_text(shell)
        assert "112 of 255, taught 90-120: good" in text and "taught 60 and more: sharp" in text
        assert "1:30 minutes of good sound" in text
        await pilot.press("i")
        station.publish(with_image(station.now, capture=PictureCapture(3, None, note="move the part a little")))
        await becomes(pilot, shell, shows(shell, "STORING"))
        assert "move the part a little" in screen_text(shell)
        await pilot.press("i", "f", "r", "backspace", "v", "backspace")
        assert [call for call in station.calls if call not in ("start", "stop")] == [
            CollectPictures(),
            EndCollecting(),
            RecordSound(True, defect=True),
            DeleteTaught("image", defect=True),
            DeleteTaught("sound", defect=True),
        ]
        await pilot.press("f", "X", *"no", "enter")
        await becomes(pilot, shell, shows(shell, "nothing was deleted"))
        await pilot.press("backspace", "backspace", *"all", "enter")
        await becomes(pilot, shell, lambda: station.calls[-1] == DeleteTaught("sound", every=True))


async def test_what_the_operators_words_offer_is_taken_or_dropped(bench: Bench) -> None:
    recipe = bench.make("pump")
    shell = Shell(recipe, bench.open)
    async with running(shell) as pilot:
        station = bench.stations["pump"]
        await pilot.press("2", "o")
        await becomes(pilot, shell, shows(shell, "there are no suggestions"))
        station.publish(replace(station.now, offers=ReviewQueue(good_images=2, defect_images=1)))
        await becomes(pilot, shell, shows(shell, "suggested: 2 good, 1 defective"))
        await pilot.press("o", "O")
        assert station.calls[-2:] == [AcceptOffers(), DiscardOffers()]


async def test_letters_typed_as_fast_as_a_line_brings_them_come_to_the_right_field(bench: Bench) -> None:
    shell = Shell(None, bench.open)
    async with running(shell) as pilot:
        await becomes(pilot, shell, shows(shell, "There are no recipes yet"))
        for key in ("n", *"q7", "enter", *"simulated", "enter", "enter", *"simulated"):
            shell.simulate_key(key) if len(key) > 1 else shell.post_message(_key(key))
        await becomes(pilot, shell, lambda: isinstance(shell.screen, AskScreen) and _fields(shell)[3] != "")
        assert _fields(shell) == ["q7", "simulated", "", "simulated"]


def _key(character: str):  # type: ignore[no-untyped-def]
    from textual.events import Key

    return Key(character, character)


def _fields(shell: Shell) -> list[str]:
    return [field.value for field in shell.screen.query(Input)]
