"""Adding good sound to a recipe, and finding what was taught."""

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
"""A window and a step."""


@dataclass(frozen=True)
class AddedSound:
    """What became of the files that were handed over."""

    added: Sequence[Path]
    """In the recipe, in order."""
    refused: Sequence[str]
    """A sentence each, with the name."""
    known: int
    """Files that were in the recipe already."""
    total: int
    """Recordings that the recipe holds now."""
    seconds: float
    """All of them together."""


def recordings_in(folder: Path) -> list[Path]:
    """Sound files in a folder, in natural order; hidden files are passed over."""
    return files_in(folder, SOUND_SUFFIXES)


def find_recordings(paths: Iterable[Path]) -> list[Path]:
    """See core.dataset.material_files.find_files."""
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
    """Copy (or link) recordings into a recipe's folder; what cannot be decoded to its end, or lacks the channel that
    the recipe listens to, is refused by name and the rest goes on. They are numbered in the order given.

    `split` cuts each into recordings of so many seconds (wav, all channels as they are); what is left over goes with
    the last. Raises GoodpartError where nothing can be written.
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
        places = cut(file, folder, number, split) if split and seconds >= 2 * split else []
        if not places:
            places = [folder / numbered(number, file.name)]
            put(file, places[0], link)
        number += len(places)
        added += places
    held = recordings_in(folder)
    return AddedSound(added, refused, known, len(held), sum(map(_seconds, held)))


def seconds_of(file: Path, channel: int | None) -> float:
    """The length of a recording that was decoded to its end. Raises UnreadableError."""
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
    except UnreadableError:  # training passes over it and says so
        return 0.0


def cut(file: Path, folder: Path, number: int, seconds: float) -> list[Path]:
    """A long file in pieces, `000042-name-1.wav`. Raises GoodpartError."""
    import soundfile

    places: list[Path] = []
    with soundfile.SoundFile(file) as whole:
        pieces = max(1, int(whole.frames / (seconds * whole.samplerate)))
        for piece in range(pieces):
            count = -1 if piece == pieces - 1 else round(seconds * whole.samplerate)
            place = folder / numbered(number + piece, f"{file.stem}-{piece + 1}.wav")
            write_material(place, partial(_write_piece, whole, count))
            places.append(place)
    return places


def _write_piece(whole: Any, count: int, aside: Path) -> None:
    """The next so many samples of an opened file, as precise as they are. Raises OSError."""
    import soundfile

    wide = whole.subtype in ("DOUBLE", "PCM_32")
    subtype = whole.subtype if whole.subtype in soundfile.available_subtypes("WAV") else "PCM_24"
    data = whole.read(count, dtype="float64" if wide else "float32", always_2d=True)
    try:
        soundfile.write(aside, data, whole.samplerate, subtype, format="WAV")
    except soundfile.SoundFileError as error:
        raise OSError(f"the disk refuses it: {error}") from error
