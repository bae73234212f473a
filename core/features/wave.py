"""Sound files as one channel at any rate, block by block: a file of an hour takes no more memory than a second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import UnreadableError
from core.sources.sound import Sound

SUFFIXES = frozenset({".wav", ".flac", ".ogg"})
BLOCK_SECONDS = 1.0
LOWEST_RATE, HIGHEST_RATE = 1000, 768_000


@dataclass(frozen=True)
class WaveFacts:
    rate: int
    channels: int
    seconds: float


def one_channel(samples: npt.NDArray[np.float32], channel: int | None, where: str) -> Sound:
    """One channel of float32 (n, channels), or the mean of all. Raises UnreadableError where there is no such one."""
    if channel is None:
        return np.ascontiguousarray(samples.mean(axis=1, dtype=np.float32))
    if channel >= samples.shape[1]:
        raise UnreadableError(
            f"{where}: has {samples.shape[1]} channels, number {channel} (counted from 0) is asked in recipe.toml"
        )
    return np.ascontiguousarray(samples[:, channel])


def wave_facts(path: Path) -> WaveFacts:
    """What the file says of itself. Raises UnreadableError."""
    with _opened(path) as file:
        return WaveFacts(file.samplerate, file.channels, file.frames / file.samplerate)


def read_wave(path: Path, rate: int | None = None, channel: int | None = None) -> Iterator[Sound]:
    """The file in blocks of about a second, float32 (n,), resampled to `rate` (soxr, high quality) where it differs.

    Raises UnreadableError, with the name, where it cannot be decoded, holds no sound, or a sample is not a number.
    """
    import soxr

    heard = 0
    with _opened(path) as file:
        resampler = None
        if rate is not None and rate != file.samplerate:
            resampler = soxr.ResampleStream(file.samplerate, rate, 1, dtype="float32", quality="HQ")
        size = max(1, round(BLOCK_SECONDS * file.samplerate))
        while True:
            try:
                block = file.read(size, dtype="float32", always_2d=True)
            except (RuntimeError, OSError, ValueError) as error:
                raise UnreadableError(f"{path}: is damaged after {heard / file.samplerate:.1f} s ({error})") from error
            if not np.isfinite(block).all():
                raise UnreadableError(
                    f"{path}: holds samples that are not numbers, after {heard / file.samplerate:.1f} s"
                )
            heard += len(block)
            last = len(block) < size
            one = one_channel(block, channel, str(path))
            if resampler is not None:
                one = np.asarray(resampler.resample_chunk(one, last=last), np.float32)
            if len(one):
                yield one
            if last:
                break
    if heard == 0:
        raise UnreadableError(f"{path}: holds no sound")


def whole_wave(path: Path, rate: int | None = None, channel: int | None = None) -> Sound:
    """The same in one piece. Raises UnreadableError."""
    return np.concatenate(list(read_wave(path, rate, channel)))


def _opened(path: Path):  # type: ignore[no-untyped-def]  # soundfile has no types
    import soundfile

    try:
        if path.stat().st_size == 0:
            raise UnreadableError(f"{path}: is empty (0 bytes)")
        file = soundfile.SoundFile(path)
    except FileNotFoundError:
        raise UnreadableError(f"{path}: there is no such file") from None
    except (soundfile.SoundFileError, RuntimeError, TypeError) as error:
        raise UnreadableError(f"{path}: is not a sound file that can be decoded (wav, flac, ogg): {error}") from error
    except OSError as error:
        raise UnreadableError(f"{path}: cannot be read ({error.strerror or error})") from error
    if not LOWEST_RATE <= file.samplerate <= HIGHEST_RATE:
        file.close()
        raise UnreadableError(f"{path}: {file.samplerate} samples a second are not between 1000 and 768000")
    return file
