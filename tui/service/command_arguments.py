"""Parses a command from its name and its arguments as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from core.commands import COMMANDS, Command
from core.errors import GoodpartError
from core.serialization.dataclass_json import WireError, from_json, hints


def parsed_command(name: str, arguments: Mapping[str, Any], who: str) -> Command:
    """Return the command; `who` is appended to its `by`, if it has that field.

    Raises GoodpartError if there is no command `name`, and WireError if the arguments do not fit it.
    """
    if name not in COMMANDS:
        raise GoodpartError(f"{name} is no command: the commands are {', '.join(COMMANDS)}")
    command_class: Any = COMMANDS[name]
    wanted = {field.name: field for field in fields(command_class)}
    types = hints(command_class)
    unknown = arguments.keys() - wanted.keys()
    if unknown:
        raise WireError(f"{name} takes {', '.join(wanted) or 'nothing'}, not {', '.join(sorted(unknown))}")
    values = {key: from_json(types[key], value, key) for key, value in arguments.items()}
    for key, field in wanted.items():
        if key not in values and field.default is MISSING:
            raise WireError(f"{name} needs {key}")
    if "by" in wanted:
        values["by"] = f"{values.get('by', wanted['by'].default)}, {who}"
    command: Command = command_class(**values)
    return command
