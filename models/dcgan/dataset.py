"""The data that the DCGAN learns from and judges: the MFCC of each second of sound, 20 x 44, as a picture."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.dataset.material_files import find_files
from core.errors import GoodpartError, UnreadableError
from core.features.sound.mel import Floats
from core.features.sound.stft import cepstrum, magnitudes, mel_spectrum
from core.features.sound.wav import whole_wave
from core.runtime.atomic_files import replace_file
from core.runtime.listing import SOUND_SUFFIXES
from core.runtime.opencv import cv2

RATE = 22_050
"""Samples per second."""
SHAPE = (20, 44)
"""Coefficients and frames of the MFCC of a second."""
MFCC = ".npy"
"""File suffix of a stored MFCC."""

Pixels = npt.NDArray[np.float32]
"""(n, 20, 44, 3) red, green, blue, 0..1."""
Told = Callable[[int, int], None]
"""Receives the number of files that are done, and the number of all files."""


@dataclass(frozen=True)
class Second:
    """One second of sound."""

    file: Path
    """The recording or the stored MFCC."""
    start: int
    """First sample at 22 050 Hz; 0 for a stored MFCC."""
    mfcc: Floats
    """(20, 44), type 2."""


def seconds_of(file: Path, channel: int | None = None) -> list[Second]:
    """Return every whole second of a recording, or the single one of a stored MFCC. Raises UnreadableError."""
    if file.suffix.lower() == MFCC:
        return [Second(file, 0, read_mfcc(file))]
    samples = whole_wave(file, RATE, channel)
    if len(samples) < RATE:
        raise UnreadableError(f"{file}: {len(samples) / RATE:.2f} s are shorter than the second that is judged")
    starts = range(0, len(samples) - RATE + 1, RATE)
    return [Second(file, start, mfcc_of(samples[start : start + RATE])) for start in starts]


def mfcc_of(second: Floats) -> Floats:
    """Return the MFCC (20, 44) of 22 050 samples."""
    return cepstrum(mel_spectrum(magnitudes(second), RATE), 2)


def read_mfcc(file: Path) -> Floats:
    """Read a stored MFCC (20, 44), float32. Raises UnreadableError."""
    try:
        with file.open("rb") as opened:
            mfcc = np.load(opened, allow_pickle=False)
    except FileNotFoundError:
        raise UnreadableError(f"{file}: there is no such file") from None
    except (OSError, ValueError, EOFError) as error:
        raise UnreadableError(f"{file}: is not a stored MFCC ({error})") from error
    if not isinstance(mfcc, np.ndarray) or mfcc.shape != SHAPE or mfcc.dtype.kind != "f" or not np.isfinite(mfcc).all():
        raise UnreadableError(f"{file}: is not a stored MFCC of 20 x 44 numbers")
    return mfcc.astype(np.float32)


def pictures_of(seconds: Sequence[Second]) -> Pixels:
    """Return the MFCCs as pictures (n, 20, 44, 3) like the plots of the original system: viridis from each one's lowest
    number to its highest."""
    return np.stack([_coloured(second.mfcc) for second in seconds])


def _coloured(mfcc: Floats) -> Pixels:
    low, high = float(mfcc.min()), float(mfcc.max())
    shades = np.rint(255 * (mfcc - low) / max(high - low, 1e-9)).astype(np.uint8)
    # One pixel per number, without resampling; OpenCV's viridis is in the order blue, green, red.
    coloured = cv2.applyColorMap(shades, cv2.COLORMAP_VIRIDIS)[:, :, ::-1]
    return np.asarray(coloured / 255, np.float32)


def write_picture(place: Path, pixels: Pixels) -> None:
    """Write pixels (height, width, 3), 0..1, as PNG. Raises GoodpartError."""
    encoded, data = cv2.imencode(".png", np.rint(255 * pixels[:, :, ::-1]).astype(np.uint8))
    assert encoded
    replace_file(place, data.tobytes())


def find_material(paths: Iterable[Path]) -> list[Path]:
    """Return the sound files and stored MFCCs at these paths and in these folders. Raises GoodpartError if a path is
    missing or a folder contains none."""
    return find_files(paths, {*SOUND_SUFFIXES, MFCC}, "sound files or MFCCs")


def read_material(files: Sequence[Path], told: Told) -> tuple[list[Second], list[str]]:
    """Return all seconds of all files, and a sentence per file that cannot be read. Raises UnreadableError if no file
    can be read."""
    seconds: list[Second] = []
    refused: list[str] = []
    for step, file in enumerate(files):
        told(step, len(files))
        try:
            seconds += seconds_of(file)
        except UnreadableError as error:
            refused.append(str(error))
    if not seconds:
        why = refused[0] if len(refused) == 1 else f"none of {len(files)} files can be read: {refused[0]}"
        raise UnreadableError(why)
    return seconds, refused


def list_file(folder: Path, prefix: str) -> Path:
    """Return the path of a data set's list, which has one MFCC per line, relative to the folder."""
    return folder / f"{prefix}_list.txt"


def write_dataset(files: Sequence[Path], folder: Path, prefix: str, told: Told) -> tuple[int, list[str]]:
    """Write each second of each file as `folder/prefix/NAME_START.npy` and `.png`, and the list of them.

    Returns the number of seconds and a sentence per file that cannot be read. Raises GoodpartError if no file can be
    read, or if the data set cannot be written.
    """
    seconds, refused = read_material(files, told)
    place = folder / prefix
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GoodpartError(f"{place}: cannot be made ({error.strerror or error})") from error
    names = list(_names(seconds))
    for name, second, pixels in zip(names, seconds, pictures_of(seconds), strict=True):
        buffer = io.BytesIO()
        np.save(buffer, second.mfcc, allow_pickle=False)
        replace_file(place / f"{name}{MFCC}", buffer.getvalue())
        write_picture(place / f"{name}.png", pixels)
    text = "".join(f"{prefix}/{name}{MFCC}\n" for name in names)
    replace_file(list_file(folder, prefix), text.encode())
    return len(names), refused


def _names(seconds: Sequence[Second]) -> Iterator[str]:
    """Yield names such as `motor_22050`; files with the same name in several folders get different ones."""
    owners: dict[str, Path] = {}
    for second in seconds:
        stem, number = second.file.stem, 1
        while owners.setdefault(stem, second.file) != second.file:
            number += 1
            stem = f"{second.file.stem}-{number}"
        yield f"{stem}_{second.start}"


def read_dataset(folder: Path, prefix: str) -> list[Second]:
    """Read the MFCCs that a data set's list names. Raises GoodpartError if the list is missing, unreadable or empty,
    UnreadableError if an MFCC cannot be read."""
    path = list_file(folder, prefix)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise GoodpartError(
            f"{path}: there is no such list; `goodpart dcgan dataset --input-dir GOOD --output-dir {folder}"
            f" --prefix {prefix}` makes the data set"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise GoodpartError(f"{path}: cannot be read ({error})") from error
    seconds = [Second(folder / line, 0, read_mfcc(folder / line)) for line in lines if line.strip()]
    if not seconds:
        raise GoodpartError(f"{path}: lists nothing to learn from")
    return seconds
