"""Connects the outputs of a recipe to the journal of its station."""

from __future__ import annotations

from core.journal.event_log import EventLog
from core.outputs.outputs import Outputs
from core.recipes.recipe import Recipe


def open_outputs(recipe: Recipe, log: EventLog) -> Outputs:
    """Create the outputs, not started. They receive every row that `log` records, and report their errors there."""
    outputs = Outputs(recipe.settings.outputs, recipe.folder, log.complain)
    log.follow(outputs.event)
    return outputs
