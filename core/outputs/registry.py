"""The list of available outputs.

A new output needs a file in this package, a settings class in core.settings.output_tables and a row here.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from core.outputs.base import Output, OutputFactory

FACTORIES: dict[str, str] = {}
"""The name of the table in recipe.toml, after `outputs.`, to `module:factory`, where `factory` is an OutputFactory.
The module is imported when the output is opened."""


def open_output(name: str, table: Any, folder: Path) -> Output:
    """Create the output of the recipe's table `name`, without starting it. Raises the errors of its factory."""
    module, _, factory = FACTORIES[name].partition(":")
    make: OutputFactory = getattr(import_module(module), factory)
    return make(table, folder)
