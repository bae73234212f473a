"""Reads sound files as one channel at any rate, block by block: an hour takes no more memory than a second."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import UnreadableError
from core.samples import Sound

BLOCK_SECONDS = 1.0
LOWEST_RATE, HIGHEST_RATE = 1000, 768_000
"""Samples per second that a file may have."""


@dataclass(frozen=True)
class WaveFacts:
    """What the header of a sound file states."""

    rate: int
    """Samples per second of each channel."""
    channels: int
    seconds: float


def one_channel(samples: npt.NDArray[np.float32], channel: int | None, where: str) -> Sound:
    """Channel number `channel` (from 0) of float32 (n, channels), the mean of all if it is None; float32 (n,).

    Raises UnreadableError, naming the file or device `where`, if there is no such channel.
    """
    if channel is None:
        return np.ascontiguousarray(samples.mean(axis=1, dtype=np.float32))
    if channel >= samples.shape[1]:
        raise UnreadableError(
            f"{where}: has {samples.shape[1]} channels, but recipe.toml asks for number {channel} (counted from 0)"
        )
    return np.ascontiguousarray(samples[:, channel])


class Recording:
    """An open sound file, which is read once from its beginning to its end."""

    def __init__(self, path: Path, file: Any) -> None:
        self.path = path
        self.facts = WaveFacts(file.samplerate, file.channels, file.frames / file.samplerate)
        """What the header states."""
        self._file = file

    def blocks(self, channel: int | None = None) -> Iterator[Sound]:
        """Yield blocks of about a second, float32 (n,) at the file's own rate: one channel, or the mean of all.

        Raises UnreadableError, with the name, if the file cannot be decoded or is empty, or a sample is not a number.
        """
        read = 0
        size = max(1, round(BLOCK_SECONDS * self.facts.rate))
        while len(block := self._next(size, read)):
            read += len(block)
            yield one_channel(block, channel, str(self.path))
        if read == 0:
            raise UnreadableError(f"{self.path}: holds no sound")

    def at_rate(self, rate: int, channel: int | None = None) -> Iterator[Sound]:
        """Yield the same blocks, resampled to `rate` samples per second if the file has another rate."""
        return resampled(self.blocks(channel), self.facts.rate, rate)

    def whole(self, rate: int, channel: int | None = None) -> Sound:
        """The whole file as one array, float32 (n,) at `rate` samples per second. Raises UnreadableError."""
        return np.concatenate(list(self.at_rate(rate, channel)))

    def _next(self, size: int, read: int) -> npt.NDArray[np.float32]:
        seconds = read / self.facts.rate
        try:
            block: npt.NDArray[np.float32] = self._file.read(size, dtype="float32", always_2d=True)
        except (RuntimeError, OSError, ValueError) as error:
            raise UnreadableError(f"{self.path}: is damaged after {seconds:.1f} s ({error})") from error
        if not np.isfinite(block).all():
            raise UnreadableError(f"{self.path}: holds samples that are not numbers, after {seconds:.1f} s")
        return block


@contextmanager
def open_recording(path: Path) -> Iterator[Recording]:
    """Open a sound file (wav, flac, ogg) to read it once. Raises UnreadableError, with the name, if it is invalid."""
    with _opened(path) as file:
        yield Recording(path, file)


def wave_facts(path: Path) -> WaveFacts:
    """What the header of the file states. Raises UnreadableError."""
    with open_recording(path) as recording:
        return recording.facts


def read_wave(path: Path, rate: int | None = None, channel: int | None = None) -> Iterator[Sound]:
    """Yield the file in blocks of about a second, float32 (n,), resampled to `rate` if it has another rate.

    Raises UnreadableError, with the name, if the file cannot be decoded or is empty, or a sample is not a number.
    """
    with open_recording(path) as recording:
        yield from recording.at_rate(rate or recording.facts.rate, channel)


def resampled(blocks: Iterable[Sound], rate: int, wanted: int) -> Iterator[Sound]:
    """Yield the sound, float32 (n,) blocks at `rate`, resampled to `wanted` samples per second (soxr, high quality)."""
    if rate == wanted:
        yield from blocks
        return
    import soxr

    resampler = soxr.ResampleStream(rate, wanted, 1, dtype="float32", quality="HQ")
    for block in blocks:
        converted = np.asarray(resampler.resample_chunk(block), np.float32)
        if len(converted):
            yield converted
    rest = np.asarray(resampler.resample_chunk(np.zeros(0, np.float32), last=True), np.float32)
    if len(rest):
        yield rest


def whole_wave(path: Path, rate: int | None = None, channel: int | None = None) -> Sound:
    """The whole file as one array, float32 (n,), resampled to `rate` if it has another. Raises UnreadableError."""
    with open_recording(path) as recording:
        return recording.whole(rate or recording.facts.rate, channel)


def missing_bytes(path: Path) -> int:
    """The number of bytes by which a wav file is shorter than its header states, because its copy was interrupted.

    0 if the recorder did not know the length and wrote 0 or the largest number into the header. Raises OSError.
    """
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return 0
        whole = path.stat().st_size
        while len(chunk := file.read(8)) == 8:
            size = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"data":
                return 0 if size in (0, 0xFFFFFFFF, 0x7FFFFFFF) else max(0, file.tell() + size - whole)
            file.seek(size + size % 2, 1)
    return 0


def _opened(path: Path):  # type: ignore[no-untyped-def]  # soundfile has no types
    import soundfile

    try:
        if path.stat().st_size == 0:
            raise UnreadableError(f"{path}: is empty (0 bytes)")
        missing = missing_bytes(path)
        if missing:
            raise UnreadableError(f"{path}: was broken off ({missing} bytes of its sound are missing): copy it again")
        file = soundfile.SoundFile(path)
    except FileNotFoundError:
        raise UnreadableError(f"{path}: there is no such file") from None
    except (soundfile.SoundFileError, RuntimeError, TypeError) as error:
        raise UnreadableError(f"{path}: is not a sound file that can be decoded (wav, flac, ogg): {error}") from error
    except OSError as error:
        raise UnreadableError(f"{path}: cannot be read ({error.strerror or error})") from error
    if not LOWEST_RATE <= file.samplerate <= HIGHEST_RATE:
        file.close()
        raise UnreadableError(f"{path}: {file.samplerate} samples per second are not between 1000 and 768000")
    return file
