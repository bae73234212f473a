"""Reads tensors from a PyTorch file of the old format without PyTorch and without running code that the file names.

Format: torch/serialization.py, `_legacy_save` (before PyTorch 1.6: several pickles, then the raw storages). A pickle
can name any function of any module and have it called; this reader knows three names and refuses the file at the first
other one.
"""

from __future__ import annotations

import hashlib
import io
import math
import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import UnreadableError

Tensor = npt.NDArray[np.generic]

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_DTYPES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}


@dataclass(frozen=True)
class _Storage:
    """A block of numbers that follows the pickles."""

    key: str
    dtype: str
    size: int


@dataclass(frozen=True)
class _View:
    """A tensor as a view into a storage. Offset and strides count numbers, not bytes."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            # A new function for every file: a pickle may set attributes of the objects that it gets.
            return _rebuilder()
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which a file of weights has no use for")

    def persistent_load(self, pid: Any) -> _Storage:
        match pid:
            case ("storage", str(dtype), str(key), str(), int(size), None) if dtype in _DTYPES.values() and size >= 0:
                return _Storage(key, dtype, size)
        raise pickle.UnpicklingError("it refers to something that is not a tensor storage")


def _rebuilder() -> Callable[..., _View]:
    def rebuild(storage: object, offset: object, shape: object, strides: object, *_: object) -> _View:
        if not isinstance(storage, _Storage) or not isinstance(offset, int):
            raise pickle.UnpicklingError("a tensor has no storage")
        return _View(storage, offset, _whole_numbers(shape), _whole_numbers(strides))

    return rebuild


def _whole_numbers(values: object) -> tuple[int, ...]:
    if not isinstance(values, tuple) or not all(isinstance(value, int) and value >= 0 for value in values):
        raise pickle.UnpicklingError("a tensor has no proper shape")
    return values


def read_tensors(path: Path) -> tuple[dict[str, Tensor], str]:
    """Return the tensors in the file by name, as contiguous arrays, and the file's SHA-256.

    Raises UnreadableError if the file has another format, is cut off, or contains anything but tensors.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"{path}: cannot be read ({error.strerror or error})") from error
    return tensors_in(data, str(path)), hashlib.sha256(data).hexdigest()


def tensors_in(data: bytes, name: str) -> dict[str, Tensor]:
    """Return the tensors in the bytes of such a file, by name. Raises UnreadableError, which begins with `name`."""
    stream = io.BytesIO(data)
    try:
        if _Unpickler(stream).load() != _MAGIC or _Unpickler(stream).load() != _PROTOCOL:
            raise pickle.UnpicklingError("it is not a PyTorch file of the old format")
        system = _Unpickler(stream).load()
        if not isinstance(system, dict) or system.get("little_endian") is not True:
            raise pickle.UnpicklingError("its numbers are not little-endian")
        views = _Unpickler(stream).load()
        keys = _Unpickler(stream).load()
        storages = _read_storages(stream, views, keys)
        return {key: _tensor(view, storages) for key, view in views.items()}
    except (
        pickle.UnpicklingError,
        EOFError,
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        OverflowError,
        MemoryError,
        RecursionError,
    ) as error:
        # A damaged pickle may raise any of these.
        reason = str(error) if isinstance(error, pickle.UnpicklingError) else "the file is damaged or cut off"
        raise UnreadableError(f"{name}: the weights are refused: {reason}") from error


def _read_storages(stream: io.BytesIO, views: object, keys: object) -> dict[str, Tensor]:
    if not isinstance(views, dict) or not all(isinstance(view, _View) for view in views.values()):
        raise pickle.UnpicklingError("it holds something besides tensors")
    if not isinstance(keys, list):
        raise pickle.UnpicklingError("it has no list of storages")
    wanted = {view.storage.key: view.storage for view in views.values()}
    storages: dict[str, Tensor] = {}
    for key in keys:
        storage = wanted[key]
        if int.from_bytes(stream.read(8), "little") != storage.size:
            raise pickle.UnpicklingError("a storage has another size than its tensor expects")
        dtype = np.dtype(storage.dtype)
        raw = stream.read(storage.size * dtype.itemsize)
        storages[key] = np.frombuffer(raw, dtype, count=storage.size)
    return storages


def _tensor(view: _View, storages: dict[str, Tensor]) -> Tensor:
    storage = storages[view.storage.key]
    if len(view.shape) != len(view.strides):
        raise pickle.UnpicklingError("a tensor has no proper shape")
    last = view.offset + sum((n - 1) * step for n, step in zip(view.shape, view.strides, strict=True))
    if 0 in view.shape or view.offset < 0 or last >= storage.size or math.prod(view.shape) > storage.size:
        raise pickle.UnpicklingError("a tensor reaches beyond its storage")
    strides = [step * storage.itemsize for step in view.strides]
    return np.array(np.lib.stride_tricks.as_strided(storage[view.offset :], view.shape, strides), order="C")
