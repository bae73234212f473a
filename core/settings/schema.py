"""Converts TOML tables to frozen dataclasses and back. Types and ranges are checked; an unknown key is an error that
suggests the nearest name."""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import types
import typing
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from core.errors import GoodpartError

T = TypeVar("T")
Check = Callable[[Any], str | None]
"""Checks a value. Returns the requirement (`must be above 0`) if the value fails it, None if the value is valid."""


def setting(default: Any, text: str, check: Check | None = None) -> Any:
    """Return a dataclass field for a setting. `text` is its comment in the written file."""
    return dataclasses.field(default=default, metadata={"text": text, "check": check})


def section(kind: type[Any], text: str) -> Any:
    """Return a dataclass field for a table inside the table. `kind` is its settings class, `text` its comment."""
    return dataclasses.field(default_factory=kind, metadata={"text": text, "check": None})


def named_tables(kinds: Mapping[str, type[Any]], text: str) -> Any:
    """Return a dataclass field for optional tables, a mapping from name to settings. `kinds` gives the settings class
    of each possible name."""
    metadata = {"text": text, "check": None, "tables": kinds}
    return dataclasses.field(default_factory=dict, hash=False, metadata=metadata)


def between(low: float, high: float) -> Check:
    """Return a check that a number is at least `low` and at most `high`."""
    return lambda value: None if low <= value <= high else f"must lie between {low:g} and {high:g}"


def one_of(*choices: str) -> Check:
    """Return a check that a text is one of `choices`."""
    return lambda value: None if value in choices else "must be one of " + ", ".join(f'"{c}"' for c in choices)


def from_table(kind: type[T], table: Mapping[str, Any], where: str) -> T:
    """Return a `kind` with the values of `table`; missing keys get their default.

    Raises GoodpartError if a key is unknown or a value invalid. The error text begins with `where`, the file and the
    table's name.
    """
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(kind)
    _refuse_unknown(table, fields, where)
    values = {key: _field_value(fields[key], hints[key], value, f"{where}: `{key}`") for key, value in table.items()}
    for key, value in values.items():
        check = fields[key].metadata.get("check")
        problem = check(value) if check else None
        if problem:
            raise GoodpartError(f"{where}: `{key}` is {value!r} but {problem}")
    return kind(**values)


def _refuse_unknown(table: Mapping[str, Any], known: Collection[str], where: str) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean `{near[0]}`?" if near else f"; known are {', '.join(known)}" if known else ""
            raise GoodpartError(f"{where}: `{key}` is not a setting{hint}")


def _field_value(field: dataclasses.Field[Any], hint: Any, value: Any, where: str) -> Any:
    kinds = field.metadata.get("tables")
    if kinds is None:
        return _value(hint, value, where)
    if not isinstance(value, Mapping):
        raise GoodpartError(f"{where} must be a table")
    _refuse_unknown(value, kinds, where)
    return {name: _value(kinds[name], table, f"{where}: `{name}`") for name, table in value.items()}


def _value(hint: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    if origin is types.UnionType:
        hint = next(h for h in typing.get_args(hint) if h is not type(None))
        origin = typing.get_origin(hint)
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise GoodpartError(f"{where} must be a table")
        return from_table(typing.cast("type[Any]", hint), value, where)
    if hint is float:
        number = _number(value)
        if number is None:
            raise GoodpartError(f"{where} is {_shown(value)} but must be a number")
        return number
    if origin is tuple:
        args = typing.get_args(hint)
        if not isinstance(value, list | tuple) or len(value) != len(args):
            raise GoodpartError(f"{where} must be a list of {len(args)} numbers")
        return tuple(_value(a, v, where) for a, v in zip(args, value, strict=True))
    if origin is dict:
        if not isinstance(value, Mapping):
            raise GoodpartError(f"{where} must be a table")
        key_hint, value_hint = typing.get_args(hint)
        return {_value(key_hint, str(k), where): _value(value_hint, v, f"{where} {k}") for k, v in value.items()}
    wanted = {str: "text in quotes", int: "a whole number", bool: "true or false"}[hint]
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise GoodpartError(f"{where} is {_shown(value)} but must be {wanted}")
    return hint(value)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:  # tomllib reads integers of any size
        return None
    return number if math.isfinite(number) else None


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def to_toml(kind: type[Any], values: object | None = None, name: str = "") -> str:
    """Return the TOML text of a settings object: every setting after a comment that explains it, None left out.

    `values` is an instance of `kind`; None means the defaults. `name` is the name of the table, empty for the file.
    """
    values = kind() if values is None else values
    lines: list[str] = []
    tables: list[str] = []
    for f in dataclasses.fields(kind):
        value = getattr(values, f.name)
        text = str(f.metadata.get("text", ""))
        inner = f"{name}.{f.name}" if name else f.name
        if "tables" in f.metadata:
            tables += [_table(f"{inner}.{key}", text, table) for key, table in value.items()]
        elif dataclasses.is_dataclass(value):
            tables.append(_table(inner, text, value))
        elif value is not None:
            lines.append(f"# {text}\n{f.name} = {_toml_value(value)}\n")
    return "".join(lines + tables)


def _table(name: str, text: str, values: Any) -> str:
    # The comment is on the same line as the header. tomlkit would attach a comment above it to the previous table, and
    # add new keys of that table after the comment.
    return f"\n[{name}]  # {text}\n" + to_toml(type(values), values, name)


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # TOML uses the escapes of JSON, but requires one for DEL too.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml_value(v) for v in value) + "]"
    return repr(value)
