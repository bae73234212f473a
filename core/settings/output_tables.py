"""The settings of each output: a recipe has a table `[outputs.NAME]` for every output that it feeds."""

from __future__ import annotations

from typing import Any

OUTPUT_TABLES: dict[str, type[Any]] = {}
"""Name of the table, after `outputs.`, to its settings class, which is defined above.

The same name is in core.outputs.registry.
"""
