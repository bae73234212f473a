"""The settings of each output. A recipe has a table `[outputs.NAME]` for every output that it uses."""

from __future__ import annotations

from typing import Any

OUTPUT_TABLES: dict[str, type[Any]] = {}
"""The name of the table, after `outputs.`, to its settings class, which is defined above.

core.outputs.registry must contain the same names.
"""
