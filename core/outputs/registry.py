"""Which outputs there are.

A new output is a file in this package, a settings class in core.settings.output_tables and a row here.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from core.outputs.base import Output, OutputFactory

FACTORIES: dict[str, str] = {}
"""Name of the table in recipe.toml, after `outputs.`, to `module:factory`; the module is imported when it is needed.
The factory is an OutputFactory."""


def open_output(name: str, table: Any, folder: Path) -> Output:
    """The output that a recipe's table asks for, not started. Raises what its factory raises."""
    module, _, factory = FACTORIES[name].partition(":")
    make: OutputFactory = getattr(import_module(module), factory)
    return make(table, folder)
