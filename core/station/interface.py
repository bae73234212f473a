"""What the screen needs of a station: to be told, and a handful of commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from core.settings.recipe_settings import KnobTable
from core.state.knobs import Grab
from core.state.parts import Word
from core.state.snapshot import Snapshot
from core.state.verdict import Sense, Which


class StationInterface(Protocol):
    """Every method may be called from any thread and returns at once. A command that cannot be done now raises nothing:
    its outcome is in the next snapshot (`fault`, `training.message`)."""

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call `callback` on the station's thread with every snapshot; gives the function that ends it."""

    def snapshot(self) -> Snapshot: ...

    def set_threshold(self, which: Which, value: float, by: str = "key", sense: Sense = "image", how: str = "") -> None:
        """`how` is the reason, in words, for the journal."""

    def grab(self, grab: Grab, sense: Sense = "image") -> None:
        """Take what the knobs point at as thresholds."""

    def undo_grab(self) -> None: ...

    def set_knob(self, sense: Sense, which: Which, table: KnobTable) -> None:
        """What a knob means from now on."""

    def save_thresholds(self) -> None:
        """Write them to recipe.toml."""

    def calibrate(self, false_alarms: float | None = None) -> None:
        """New thresholds from the stored calibration scores; for another target, if one is given."""

    def pause(self, paused: bool) -> None: ...

    def single(self, on: bool) -> None:
        """Judge a part when somebody says that it is in place, or all the time."""

    def part(self, by: str = "key") -> None:
        """A part is in place."""

    def new_shift(self) -> None:
        """Count from 0."""

    def say(self, word: Word, about: float | None = None) -> None:
        """The part of the last call (whose `at` was `about`) was good, or bad."""

    def accept_offers(self, file: str = "") -> None:
        """Teach what is offered because of such words, or one file of it, named from the recipe's folder."""

    def discard_offers(self, file: str = "") -> None:
        """The same, thrown away."""

    def collect(self, wanted: int | None = None, *, defect: bool = False) -> None:
        """Pictures from the camera into the recipe: so many, or until it is ended."""

    def end_collecting(self) -> None: ...

    def delete_taught(self, sense: Sense = "image", *, defect: bool = False, every: bool = False) -> None:
        """Take the newest picture or recording out of the recipe, or all of them."""

    def record(self, on: bool, *, defect: bool = False) -> None:
        """Sound straight into the recipe, until it is ended."""

    def train(self) -> None: ...

    def cancel_training(self) -> None: ...

    def take_over(self) -> None:
        """Use the newly trained model."""

    def discard(self) -> None:
        """Keep the old model, throw the newly trained one away."""

    def start(self) -> None: ...

    def stop(self, timeout: float = 2.0) -> None:
        """The one call that may wait, for `timeout` seconds at most."""
