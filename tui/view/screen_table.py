"""The screens of the dashboard, one row per screen. The keys that open them and the apps that have them derive from
it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

ScreenName: TypeAlias = str
"""The name of a row below. A key can also belong to "app": then it works on every screen."""


@dataclass(frozen=True)
class ScreenRow:
    """One screen of the dashboard."""

    name: ScreenName
    keys: str
    """The keys that open it: comma-separated, as Textual names them."""
    purpose: str
    """Its purpose, in the help and in the notice after its key."""
    screen: str
    """`module:class`. A string, because the module is loaded when the screen is first opened."""
    of_recipe: bool = False
    """Whether the constructor takes the recipe."""
    attached: bool = False
    """Whether the dashboard of a remote station has it too."""


_ROWS = (
    ScreenRow("recipes", "1", "recipes: open, make, copy, delete", "tui.screens.recipes:RecipesScreen"),
    ScreenRow("teach", "2", "teach: pictures and sound into the recipe", "tui.screens.teach:TeachScreen"),
    ScreenRow("train", "3", "train: learn from them, look at the result", "tui.screens.train:TrainScreen"),
    ScreenRow("calibrate", "4", "calibrate: choose the thresholds", "tui.screens.calibrate:CalibrateScreen"),
    ScreenRow("watch", "5,escape", "watch: judge live", "tui.screens.watch:WatchScreen", attached=True),
    ScreenRow("history", "6", "history: what happened", "tui.screens.history:HistoryScreen", of_recipe=True),
    ScreenRow("files", "7", "files: judge a recording or a picture", "tui.screens.files:FilesScreen", attached=True),
    ScreenRow(
        "compare",
        "8",
        "compare: which method serves this part best",
        "tui.screens.compare:CompareScreen",
        of_recipe=True,
    ),
)

SCREENS: Mapping[ScreenName, ScreenRow] = {row.name: row for row in _ROWS}

SCREEN_NAMES: tuple[ScreenName, ...] = tuple(SCREENS)
"""The names in the order of the footer and the help."""
