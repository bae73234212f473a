"""Adds recordings to a recipe and lists the ones it has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from core.dataset.material_files import find_files, identity, next_number, numbered, put
from core.errors import GoodpartError, UnreadableError
from core.features.sound.wav import open_recording, wave_facts
from core.runtime.atomic_files import write_material
from core.runtime.listing import SOUND_SUFFIXES, files_in

LEAST_SECONDS = 1.1
"""Seconds of the shortest recording: a window and a step."""


@dataclass(frozen=True)
class AddedSound:
    """The result of adding recordings."""

    added: Sequence[Path]
    """The new files in the recipe, in order."""
    refused: Sequence[str]
    """A sentence per refused file, with its name."""
    known: int
    """Number of files that were already in the recipe."""
    total: int
    """Number of recordings in the recipe now."""
    seconds: float
    """Length of all recordings in the recipe together."""


def recordings_in(folder: Path) -> list[Path]:
    """Return the sound files in a folder, in natural order, without hidden files. Raises OSError."""
    return files_in(folder, SOUND_SUFFIXES)


def find_recordings(paths: Iterable[Path]) -> list[Path]:
    """Return the sound files at these paths and in these folders; see core.dataset.material_files.find_files."""
    return find_files(paths, SOUND_SUFFIXES, "sound files")


def teach_sound(
    folder: Path,
    paths: Iterable[Path],
    *,
    channel: int | None = None,
    link: bool = False,
    split: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> AddedSound:
    """Copy (or link) recordings into a recipe's folder, numbered in the given order.

    A file that cannot be decoded to its end, or lacks the recipe's channel, is refused; the others are added. `split`
    cuts each file into recordings of that many seconds (wav, all channels); the last one includes the remainder.
    `progress` gets the number of the file and of all files. Raises GoodpartError if a path is missing or the folder
    cannot be written.
    """
    files = find_recordings(paths)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        known_files = {identity(path) for path in recordings_in(folder)}
        number = next_number(folder)
    except OSError as error:
        raise GoodpartError(f"{folder}: cannot be used ({error.strerror or error})") from error
    added: list[Path] = []
    refused: list[str] = []
    known = 0
    for step, file in enumerate(files, 1):
        if progress:
            progress(step, len(files))
        try:
            seconds = seconds_of(file, channel)
        except UnreadableError as error:
            refused.append(str(error))
            continue
        content = identity(file)
        if content in known_files:
            known += 1
            continue
        known_files.add(content)
        targets = cut(file, folder, number, split) if split and seconds >= 2 * split else []
        if not targets:
            targets = [folder / numbered(number, file.name)]
            put(file, targets[0], link)
        number += len(targets)
        added += targets
    recordings = recordings_in(folder)
    return AddedSound(added, refused, known, len(recordings), sum(map(_seconds, recordings)))


def seconds_of(file: Path, channel: int | None) -> float:
    """Decode a recording to its end and return its length. Raises UnreadableError if that fails, if the recording has
    no such channel, or if it is too short."""
    if file.suffix.lower() not in SOUND_SUFFIXES:
        raise UnreadableError(f"{file}: its name does not end in {', '.join(sorted(SOUND_SUFFIXES))}")
    with open_recording(file) as recording:
        seconds = sum(len(block) for block in recording.blocks(channel)) / recording.facts.rate
    if seconds < LEAST_SECONDS:
        raise UnreadableError(f"{file}: {seconds:.1f} s are shorter than a window ({LEAST_SECONDS} s)")
    return seconds


def _seconds(file: Path) -> float:
    try:
        return wave_facts(file).seconds
    except UnreadableError:  # training skips it and reports it
        return 0.0


def cut(file: Path, folder: Path, number: int, seconds: float) -> list[Path]:
    """Cut a long file into recordings of this many seconds, `000042-name-1.wav`; returns them. Raises GoodpartError."""
    import soundfile

    pieces_written: list[Path] = []
    with soundfile.SoundFile(file) as whole:
        pieces = max(1, int(whole.frames / (seconds * whole.samplerate)))
        for piece in range(pieces):
            count = -1 if piece == pieces - 1 else round(seconds * whole.samplerate)
            target = folder / numbered(number + piece, f"{file.stem}-{piece + 1}.wav")
            write_material(target, partial(_write_piece, whole, count))
            pieces_written.append(target)
    return pieces_written


def _write_piece(whole: Any, count: int, aside: Path) -> None:
    """Write the next `count` samples (-1: all) of an open file to `aside` with the same precision. Raises OSError."""
    import soundfile

    wide = whole.subtype in ("DOUBLE", "PCM_32")
    subtype = whole.subtype if whole.subtype in soundfile.available_subtypes("WAV") else "PCM_24"
    data = whole.read(count, dtype="float64" if wide else "float32", always_2d=True)
    try:
        soundfile.write(aside, data, whole.samplerate, subtype, format="WAV")
    except soundfile.SoundFileError as error:
        raise OSError(f"the disk refuses the file: {error}") from error
