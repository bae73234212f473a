"""The screens of the dashboard: one row each."""

from __future__ import annotations

SCREENS = {
    "recipes": "RecipesScreen",
    "teach": "TeachScreen",
    "train": "TrainScreen",
    "calibrate": "CalibrateScreen",
    "history": "HistoryScreen",
    "files": "FilesScreen",
    "compare": "CompareScreen",
}
"""The module below tui.screens is loaded when somebody turns to it."""


OF_A_RECIPE = ("history", "compare")
"""Screens that are made for a recipe."""


def module_of(where: str) -> str:
    return f"tui.screens.{where}"
