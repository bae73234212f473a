"""Dataclasses as JSON and back, exactly: floats as shortest decimals, bytes and arrays as base64."""

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
    """What came is not what it should be."""


def to_json(value: Any) -> Json:
    """Dataclasses as objects, tuples as lists. Raises TypeError for what has no form here."""
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
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def from_json(kind: Any, data: Json, where: str = "") -> Any:
    """What `to_json` made, as the type asks. Fields that are not known are passed over, those that are missing have
    their default. Raises WireError that says where it does not fit."""
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
        return {key: from_json(part, one, f"{where}.{key}") for key, one in _expected(dict, data, where).items()}
    if kind is float:
        return _float(data, where)
    if kind is bytes:
        return _bytes(data, where)
    if kind in (str, int, bool, types.NoneType):
        return _expected(kind, data, where)
    raise TypeError(f"{where}: {kind} has no form in JSON")


@cache
def hints(kind: Any) -> dict[str, Any]:
    """Field or parameter to its type."""
    # core/state names AnomalyMap without importing it: it is the one type there that needs NumPy.
    return typing.get_type_hints(kind, localns={"AnomalyMap": AnomalyMap})


def _object(kind: Any, data: Json, where: str) -> Any:
    said, types_of = _expected(dict, data, where), hints(kind)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if field.name in said:
            values[field.name] = from_json(types_of[field.name], said[field.name], f"{where}.{field.name}".lstrip("."))
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise WireError(f"{where}: lacks {field.name}")
    return kind(**values)


def _one_of(kinds: tuple[Any, ...], data: Json, where: str) -> Any:
    if data is None and types.NoneType in kinds:
        return None
    some = [kind for kind in kinds if kind is not types.NoneType]
    for kind in some[:-1]:
        try:
            return from_json(kind, data, where)
        except WireError:
            continue
    return from_json(some[-1], data, where)


def _tuple(kinds: tuple[Any, ...], data: Json, where: str) -> tuple[Any, ...]:
    parts = _expected(list, data, where)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = (kinds[0],) * len(parts)
    if len(kinds) != len(parts):
        raise WireError(f"{where}: has {len(parts)} parts instead of {len(kinds)}")
    return tuple(
        from_json(kind, part, f"{where}[{at}]") for at, (kind, part) in enumerate(zip(kinds, parts, strict=True))
    )


def _array(data: Json, where: str) -> Any:
    said = _expected(dict, data, where)
    try:
        kind = np.dtype(said["dtype"])
        if kind.hasobject:
            raise ValueError("objects are not taken")
        return np.frombuffer(_bytes(said["base64"], where), kind).reshape(said["shape"]).copy()
    except (KeyError, TypeError, ValueError) as error:
        raise WireError(f"{where}: is no array ({error})") from error


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
