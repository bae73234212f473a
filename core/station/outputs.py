"""The outputs of a recipe, joined to the journal of its station."""

from __future__ import annotations

from core.journal.event_log import EventLog
from core.outputs.outputs import Outputs
from core.recipes.recipe import Recipe


def open_outputs(recipe: Recipe, log: EventLog) -> Outputs:
    """They get every row that `log` records, and complain there; not started."""
    outputs = Outputs(recipe.settings.outputs, recipe.folder, log.complain)
    log.follow(outputs.event)
    return outputs
