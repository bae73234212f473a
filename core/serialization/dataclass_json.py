"""Converts dataclasses to JSON and back without loss: floats as shortest decimals, bytes and arrays as base64."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import numpy as np

from core.errors import GoodpartError
from core.samples import AnomalyMap

T = TypeVar("T")


Json = Any


_ODD = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class WireError(GoodpartError):
    """The received JSON does not match the expected type."""


def to_json(value: Any) -> Json:
    """Return `value` as JSON data: dataclasses as objects, tuples as lists, NaN and infinities as strings.

    Raises TypeError if a part of `value` has a type that is not supported.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        number = float(value)
        return number if math.isfinite(number) else next(k for k, v in _ODD.items() if str(v) == str(number))
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, np.ndarray):
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"dtype": value.dtype.str, "shape": list(value.shape), "base64": data}
    if isinstance(value, Mapping):
        return {str(key): to_json(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(part) for part in value]
    raise TypeError(f"{type(value).__name__} cannot be converted to JSON")


def from_json(kind: Any, data: Json, where: str = "") -> Any:
    """Return JSON data from `to_json` as an object of the type `kind`.

    Unknown fields are ignored; missing fields get their default. `where` is the path of `data`, for error texts.
    Raises WireError with the path of the first value that does not match, TypeError if `kind` is not supported.
    """
    origin = get_origin(kind)
    if kind is Any:
        return data
    if dataclasses.is_dataclass(kind):
        return _object(kind, data, where)
    if origin in (Union, types.UnionType):
        return _one_of(get_args(kind), data, where)
    if origin is Literal:
        if any(data == allowed and type(data) is type(allowed) for allowed in get_args(kind)):
            return data
        raise WireError(f"{where}: {data!r} is not one of {', '.join(map(str, get_args(kind)))}")
    if origin is tuple:
        return _tuple(get_args(kind), data, where)
    if origin is np.ndarray:
        return _array(data, where)
    if origin in (dict, Mapping):
        _, part = get_args(kind)
        return {key: from_json(part, value, f"{where}.{key}") for key, value in _expected(dict, data, where).items()}
    if kind is float:
        return _float(data, where)
    if kind is bytes:
        return _bytes(data, where)
    if kind in (str, int, bool, types.NoneType):
        return _expected(kind, data, where)
    raise TypeError(f"{where}: {kind} cannot be read from JSON")


@cache
def hints(kind: Any) -> dict[str, Any]:
    """Return the type of each field of a dataclass, or of each parameter of a function, by name."""
    # core/state does not import AnomalyMap, because it is the only type there that needs NumPy.
    return typing.get_type_hints(kind, localns={"AnomalyMap": AnomalyMap})


def _object(kind: Any, data: Json, where: str) -> Any:
    members, types_of = _expected(dict, data, where), hints(kind)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        name = field.name
        if name in members:
            values[name] = from_json(types_of[name], members[name], f"{where}.{name}".lstrip("."))
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise WireError(f"{where}: {name} is missing")
    return kind(**values)


def _one_of(kinds: tuple[Any, ...], data: Json, where: str) -> Any:
    if data is None and types.NoneType in kinds:
        return None
    *first, last = (kind for kind in kinds if kind is not types.NoneType)
    for kind in first:
        try:
            return from_json(kind, data, where)
        except WireError:
            continue
    return from_json(last, data, where)


def _tuple(kinds: tuple[Any, ...], data: Json, where: str) -> tuple[Any, ...]:
    parts = _expected(list, data, where)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = (kinds[0],) * len(parts)
    if len(kinds) != len(parts):
        raise WireError(f"{where}: has {len(parts)} parts instead of {len(kinds)}")
    return tuple(
        from_json(kind, part, f"{where}[{index}]") for index, (kind, part) in enumerate(zip(kinds, parts, strict=True))
    )


def _array(data: Json, where: str) -> Any:
    members = _expected(dict, data, where)
    try:
        dtype = np.dtype(members["dtype"])
        if dtype.hasobject:
            raise ValueError("arrays of objects are not allowed")
        return np.frombuffer(_bytes(members["base64"], where), dtype).reshape(members["shape"]).copy()
    except (KeyError, TypeError, ValueError) as error:
        raise WireError(f"{where}: is not a valid array ({error})") from error


def _float(data: Json, where: str) -> float:
    if isinstance(data, str) and data in _ODD:
        return _ODD[data]
    if isinstance(data, bool) or not isinstance(data, int | float):
        raise WireError(f"{where}: {data!r} is not a number")
    try:
        return float(data)
    except OverflowError:
        raise WireError(f"{where}: the number is too large") from None


def _bytes(data: Json, where: str) -> bytes:
    try:
        return base64.b64decode(_expected(str, data, where), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WireError(f"{where}: is not base64 ({error})") from error


def _expected(kind: Any, data: Json, where: str) -> Any:
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise WireError(f"{where}: {data!r} is not {'null' if kind is types.NoneType else kind.__name__}"[:200])
    return data
