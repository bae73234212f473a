"""What a station can be told from elsewhere: the commands of StationInterface, by name and with typed arguments."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from core.errors import GoodpartError
from core.serialization.dataclass_json import WireError, from_json, hints
from core.station.interface import StationInterface

_NO_COMMANDS = ("subscribe", "snapshot", "start", "stop")
COMMANDS: Mapping[str, inspect.Signature] = {
    name: inspect.signature(method)
    for name, method in vars(StationInterface).items()
    if inspect.isfunction(method) and not name.startswith("_") and name not in _NO_COMMANDS
}


def bound(name: str, arguments: Mapping[str, Any], who: str) -> dict[str, Any]:
    """The arguments of a command as the station takes them. Raises GoodpartError for what fits no command."""
    if name not in COMMANDS:
        raise GoodpartError(f"{name} is no command: the commands are {', '.join(COMMANDS)}")
    wanted = dict(COMMANDS[name].parameters)
    del wanted["self"]
    kinds = hints(getattr(StationInterface, name))
    unknown = arguments.keys() - wanted.keys()
    if unknown:
        raise WireError(f"{name} takes {', '.join(wanted) or 'nothing'}, not {', '.join(sorted(unknown))}")
    values = {key: from_json(kinds[key], value, key) for key, value in arguments.items()}
    for key, parameter in wanted.items():
        if key not in values and parameter.default is inspect.Parameter.empty:
            raise WireError(f"{name} needs {key}")
    if "by" in wanted:
        values["by"] = f"{values.get('by', wanted['by'].default)}, {who}"
    return values
