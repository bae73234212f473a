"""The file of a trained model: networks, arrays, calibration scores and a manifest with their checksums."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import GoodpartError
from core.runtime.atomic_files import replace_file

FORMAT = 1
MANIFEST = "manifest.json"
SEAL = "manifest.sha256"


@dataclass(frozen=True)
class Bundle:
    """The content of a model file, checked against its manifest."""

    id: str
    """The first 12 hexadecimal digits of the manifest's SHA-256."""
    facts: Mapping[str, Any]
    """The manifest: method, kind, taught, trained_at, backbone, settings, health, notes, versions ..."""
    arrays: Mapping[str, npt.NDArray[Any]]
    networks: Mapping[str, bytes]
    """Name to TensorFlow Lite model."""
    held_out: HeldOut
    """The calibration scores."""

    @property
    def method(self) -> str:
        """The name of the method (core/methods.py)."""
        return str(self.facts["method"])


class BundleError(GoodpartError):
    """A bundle that cannot be used; the text gives the reason."""


def write_bundle(
    path: Path,
    facts: Mapping[str, Any],
    arrays: Mapping[str, npt.NDArray[Any]],
    networks: Mapping[str, bytes],
    held_out: HeldOut,
) -> str:
    """Write a bundle in one atomic step and return its id. Raises GoodpartError if the file cannot be written."""
    members = {f"networks/{name}.tflite": data for name, data in networks.items()}
    members |= {f"arrays/{name}.npy": _npy(array) for name, array in arrays.items()}
    members["calibration/density.npy"] = _npy(np.asarray(held_out.density, np.float64))
    members["calibration/error.npy"] = _npy(np.asarray(held_out.reconstruction_error, np.float64))
    if held_out.recording is not None:
        members["calibration/recording.npy"] = _npy(np.asarray(held_out.recording, np.int64))
    manifest = dict(facts) | {
        "format": FORMAT,
        "same_unit": held_out.same_unit,
        "members": {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in members.items()
        },
    }
    text = json.dumps(manifest, indent=1, sort_keys=True).encode()
    seal = hashlib.sha256(text).hexdigest()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in {MANIFEST: text, SEAL: seal.encode(), **members}.items():
            # A fixed date, so that the same training gives the same file.
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    replace_file(path, buffer.getvalue())
    return seal[:12]


def _npy(array: npt.NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def read_bundle(path: Path) -> Bundle:
    """Read and check a bundle. Raises BundleError if the file is missing, truncated, altered or of a newer format."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise BundleError(f"{path}: there is no model yet; `goodpart train` makes it") from None
    except OSError as error:
        raise BundleError(f"{path}: the model file cannot be read ({error.strerror or error})") from error
    try:
        with file, zipfile.ZipFile(file) as archive:
            _refuse_packed(archive, path, os.fstat(file.fileno()).st_size)
            return _read(archive, path)
    except _TORN as error:
        raise BundleError(
            f"{path}: the model file is torn or not a goodpart model ({error}); train again or restore it"
        ) from error


# The exceptions of zipfile, json and numpy for damaged files.
_TORN = (
    zipfile.BadZipFile, EOFError, OSError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError,
    RuntimeError, MemoryError,
)  # fmt: skip


def _refuse_packed(archive: zipfile.ZipFile, path: Path, size: int) -> None:
    """Require that every member is uncompressed and occurs once, so that reading needs no more memory than the file's
    size."""
    members = archive.infolist()
    stored = all(m.compress_type == zipfile.ZIP_STORED and m.file_size == m.compress_size for m in members)
    once = len({m.filename for m in members}) == len(members)
    if not stored or not once or sum(m.file_size for m in members) > size:
        raise BundleError(f"{path}: the model file was altered (its members are not stored plainly); train again")


def _read(archive: zipfile.ZipFile, path: Path) -> Bundle:
    text = archive.read(MANIFEST)
    seal = hashlib.sha256(text).hexdigest()
    if archive.read(SEAL).decode("ascii", "replace") != seal:
        raise BundleError(f"{path}: the model file's manifest was altered; train again or restore it")
    manifest = json.loads(text)
    if manifest["format"] > FORMAT:
        raise BundleError(
            f"{path}: the model file was made by a newer goodpart (format {manifest['format']}, this one reads up to"
            f" {FORMAT}); update goodpart or train again"
        )
    expected = manifest.pop("members")
    present = set(archive.namelist()) - {MANIFEST, SEAL}
    if present != set(expected):
        odd = sorted(present ^ set(expected))[0]
        raise BundleError(f"{path}: the model file was altered ({odd} is missing or does not belong); train again")
    arrays: dict[str, npt.NDArray[Any]] = {}
    networks: dict[str, bytes] = {}
    for name, entry in expected.items():
        data = archive.read(name)
        if len(data) != entry["bytes"] or hashlib.sha256(data).hexdigest() != entry["sha256"]:
            raise BundleError(f"{path}: the model file was altered ({name} does not match); train again")
        folder, _, rest = name.partition("/")
        if folder == "networks":
            networks[rest.removesuffix(".tflite")] = data
        else:
            arrays[name.removesuffix(".npy")] = np.load(io.BytesIO(data), allow_pickle=False)
    held_out = HeldOut(
        arrays.pop("calibration/density"),
        arrays.pop("calibration/error"),
        same_unit=manifest["same_unit"] is True,
        recording=arrays.pop("calibration/recording", None),
    )
    named = {name.removeprefix("arrays/"): array for name, array in arrays.items()}
    return Bundle(seal[:12], manifest, named, networks, held_out)


Scores = npt.NDArray[np.float64]
"""float64 (n,), one score per sample."""


@dataclass(frozen=True)
class HeldOut:
    """Scores of good samples from models that were not trained on them, float64 (n,) each."""

    density: Scores
    reconstruction_error: Scores
    same_unit: bool = False
    """True if both scores have the same unit, so that they are added or compared without scaling."""
    recording: npt.NDArray[np.int64] | None = None
    """int64 (n,), only for sound: the number of the recording that each window is from. The windows of a recording are
    consecutive and in order."""

    @property
    def count(self) -> int:
        """The number of samples n."""
        return len(self.density)
