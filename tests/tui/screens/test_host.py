"""Screens know the app that shows them by a protocol alone: any app that keeps it can show them."""

from __future__ import annotations

from textual.app import App
from textual.widgets import Input

from core.recipes.recipe import Recipe
from core.state.knobs import KnobMeaning
from tests.support.fake_station import NOW, FakeStation
from tui.screens.knob_ranges import RangesScreen
from tui.screens.teach import TeachScreen
from tui.view.keymap import keys_shown
from tui.view.view import View

MEANING = KnobMeaning("image", "density", -4.0, (-9.0, -1.0), "span", around=True)


class OtherApp(App[None]):
    """Not a dashboard; it notes what screens ask of it."""

    recipe: Recipe | None = None

    def __init__(self) -> None:
        super().__init__()
        self.station = FakeStation()
        self.asked: list[object] = []

    def show(self) -> None:
        if isinstance(self.screen, TeachScreen):
            self.screen.show(View(self.station.snapshot(), NOW), ())

    def say(self, text: str) -> None:
        self.asked.append(text)

    def keys_of(self, binding: str) -> str:
        return keys_shown({})[binding]

    def collect(self, *, defect: bool = False) -> None:
        self.asked.append(("collect", defect))

    def set_knob(self, *asked: object) -> None:
        self.asked.append(asked[:2])


async def test_another_app_shows_a_screen_and_hears_its_keys() -> None:
    app = OtherApp()
    async with app.run_test() as pilot:
        await app.push_screen(TeachScreen())
        await pilot.press("i", "f", "i")
        await pilot.pause()
    kind = "storing DEFECTIVE parts from now on: only used to test"
    assert app.asked == [("collect", False), kind, ("collect", True)]


async def test_another_app_hears_of_a_knob_whose_range_was_typed() -> None:
    app = OtherApp()
    async with app.run_test() as pilot:
        await app.push_screen(RangesScreen("image", [MEANING]))
        app.screen.query_one(Input).value = "-9 -2"
        await pilot.press("enter")
        await pilot.pause()
    assert app.asked == [("image", "density")]
