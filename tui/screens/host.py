"""What a screen may ask of the app that shows it. Screens know nothing else of the app, so the app may import them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from core.recipes.recipe import Recipe
from core.settings.recipe_settings import KnobTable
from core.state.verdict import Sense, Which
from core.station.interface import StationInterface
from tui.view.screen_table import ScreenName


class ScreenHost(Protocol):
    """Every dashboard. A request never waits for the station: the next snapshot shows the result, and the notice row
    answers at once."""

    @property
    def station(self) -> StationInterface:
        """The station that is shown."""

    @property
    def recipe(self) -> Recipe | None:
        """The recipe whose files are on this machine; None if the station runs elsewhere or no recipe is open."""

    def show(self) -> None:
        """Draw the newest snapshot now."""

    def say(self, text: str) -> None:
        """Show `text` in the notice row for a moment: the answer to a key."""

    def keys_of(self, binding: str) -> str:
        """All keys of a binding id, as people read them. Raises KeyError for an unknown id."""

    def other_sense(self) -> None:
        """Show the scores and thresholds of the other sense, and let keys move those."""

    def move_threshold(self, which: Which, steps: int, how: str = "") -> None:
        """Move a threshold of the sense that is shown by `steps`, negative for down; the journal notes `how`."""

    def calibrate_for(self, false_alarms: float) -> None:
        """Set both thresholds for a share of false alarms, between 0 and 1."""

    def save_thresholds(self) -> None:
        """Write the thresholds to recipe.toml."""

    def set_knob(self, sense: Sense, which: Which, table: KnobTable) -> None:
        """Save what a full turn of a knob means."""

    def collect(self, *, defect: bool = False) -> None:
        """Begin to store pictures into the recipe, or end it; `defect` for those of defective parts."""

    def record(self, *, defect: bool = False) -> None:
        """Begin to record sound into the recipe, or end it; `defect` for that of defective parts."""

    def train(self) -> None:
        """Start a training in the background."""

    def cancel_training(self) -> None:
        """End the training; the models stay as they are."""

    def take_over(self) -> None:
        """Judge with the newly trained model."""

    def discard(self) -> None:
        """Throw the newly trained model away."""


class LibraryHost(ScreenHost, Protocol):
    """A dashboard that can change to another recipe."""

    def open(self, folder: Path, then: ScreenName = "watch") -> None:
        """Judge with the recipe in `folder` and turn to the screen `then`; the notice row says what is wrong."""

    async def close_recipe(self, folder: Path) -> None:
        """Stop the station if it judges with the recipe in `folder`."""
