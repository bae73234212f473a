"""The interface of the app that screens may use. Screens import nothing else of the app, so the app can import them."""

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
        """The readable keys of a binding id, comma-separated. Raises KeyError for an unknown id."""

    def other_sense(self) -> None:
        """Select the other sense: show its scores and thresholds, and let keys move these."""

    def move_threshold(self, which: Which, steps: int, how: str = "") -> None:
        """Move a threshold of the selected sense by `steps`, negative for down; the journal notes `how`."""

    def calibrate_for(self, false_alarms: float) -> None:
        """Set both thresholds for a share of false alarms, 0 to 1."""

    def set_knob(self, sense: Sense, which: Which, table: KnobTable) -> None:
        """Save the range of a knob."""

    def collect(self, *, defect: bool = False) -> None:
        """Begin or end storing pictures of good parts, with `defect` of defective parts."""

    def record(self, *, defect: bool = False) -> None:
        """Begin or end recording sound of good parts, with `defect` of defective parts."""

    def train(self) -> None:
        """Start a training in the background."""

    def cancel_training(self) -> None:
        """End the training; the models stay as they are."""

    def take_over(self) -> None:
        """Start using the newly trained model."""

    def discard(self) -> None:
        """Discard the newly trained model."""


class LibraryHost(ScreenHost, Protocol):
    """A dashboard that can change to another recipe."""

    def open(self, folder: Path, then: ScreenName = "watch") -> None:
        """Judge with the recipe in `folder` and show the screen `then`; if that fails, the notice row shows why."""

    async def close_recipe(self, folder: Path) -> None:
        """Stop the station if it judges with the recipe in `folder`."""
