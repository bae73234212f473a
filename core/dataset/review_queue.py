"""Samples that the operator has marked good or defective, kept in the recipe until someone accepts or discards them.

<recipe>/offered/good/images, good/sound, defect/images, defect/sound
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from core.dataset.add_images import teach_pictures
from core.dataset.add_sound import LEAST_SECONDS, teach_sound
from core.errors import GoodpartError
from core.recipes.recipe import Recipe
from core.runtime.atomic_files import write_material
from core.runtime.listing import PICTURE_SUFFIXES, SOUND_SUFFIXES, files_in
from core.runtime.opencv import cv2
from core.samples import Picture, SoundBlock
from core.state.material import ReviewQueue
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense

Offer = Literal["good", "defect"]
OFFERS: tuple[Offer, ...] = ("good", "defect")
SENSES: tuple[Sense, ...] = ("image", "sound")
MOST_OFFERED = 200
"""Files per folder; when a folder is full, someone must review it first."""


def folder_of(recipe: Recipe, offer: Offer, sense: Sense) -> Path:
    """Return the folder of the files that wait for review; it may be missing."""
    return recipe.folder / "offered" / offer / SENSE_WORDS[sense].folder


def offered(recipe: Recipe, offer: Offer, sense: Sense) -> list[Path]:
    """Return the files that wait for review, in natural order. Raises GoodpartError if the folder cannot be read."""
    folder = folder_of(recipe, offer, sense)
    try:
        return files_in(folder, PICTURE_SUFFIXES if sense == "image" else SOUND_SUFFIXES)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise GoodpartError(f"{folder}: cannot be read ({error.strerror or error})") from error


def counted(recipe: Recipe) -> ReviewQueue:
    """Return the number of files in each folder. Raises GoodpartError."""
    return ReviewQueue(
        good_images=len(offered(recipe, "good", "image")),
        defect_images=len(offered(recipe, "defect", "image")),
        good_sound=len(offered(recipe, "good", "sound")),
        defect_sound=len(offered(recipe, "defect", "sound")),
    )


def newest_pictures(recipe: Recipe, most: int) -> list[Path]:
    """Return the newest pictures, good and defective together, at most `most`, the newest last. Raises
    GoodpartError."""
    files = [file for offer in OFFERS for file in offered(recipe, offer, "image")]
    return sorted(files, key=lambda file: file.name)[-most:]  # the names begin with the time


def named(recipe: Recipe, file: str) -> list[Path]:
    """Return the offered file with this path in the recipe's folder, as a list. Raises GoodpartError if it is no longer
    offered."""
    files = [p for offer in OFFERS for sense in SENSES for p in offered(recipe, offer, sense)]
    chosen = [path for path in files if path == recipe.folder / file]
    if not chosen:
        raise GoodpartError(f"{file}: is not offered any more")
    return chosen


def offer_picture(recipe: Recipe, offer: Offer, picture: Picture, at: float) -> Path:
    """Store a picture for review, losslessly; `at` is time.time() of its verdict. Returns its path.

    Raises GoodpartError if the folder is full or cannot be written.
    """
    encoded, data = cv2.imencode(".png", picture)
    if not encoded:
        raise GoodpartError("the picture cannot be encoded: it is not offered")
    return _put(recipe, offer, "image", at, ".png", lambda aside: aside.write_bytes(data.tobytes()))


def offer_sound(recipe: Recipe, offer: Offer, heard: Sequence[SoundBlock], at: float) -> Path | None:
    """Store sound for review (wav, 24 bits, one channel); `at` is time.time() of its verdict. Returns its path, or
    None if there is less than a window of sound. Raises GoodpartError if the folder is full or cannot be written."""
    import soundfile

    if not heard or sum(len(stretch.samples) for stretch in heard) < LEAST_SECONDS * heard[0].rate:
        return None
    samples = np.concatenate([stretch.samples for stretch in heard])

    def write(aside: Path) -> None:
        try:
            soundfile.write(aside, samples, heard[0].rate, "PCM_24", format="WAV")
        except soundfile.SoundFileError as error:
            raise OSError(f"the disk refuses the file: {error}") from error

    return _put(recipe, offer, "sound", at, ".wav", write)


def _put(recipe: Recipe, offer: Offer, sense: Sense, at: float, suffix: str, write: Callable[[Path], object]) -> Path:
    if len(offered(recipe, offer, sense)) >= MOST_OFFERED:
        raise GoodpartError(
            f"{MOST_OFFERED} files of {offer} parts are offered already: accept or discard them"
            f" (goodpart teach {recipe.name} --offered)"
        )
    folder = folder_of(recipe, offer, sense)
    place = folder / f"offered-{time.strftime('%Y%m%d-%H%M%S', time.localtime(at))}-{int(at % 1 * 1000):03d}{suffix}"

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GoodpartError(f"{folder}: cannot be made ({error.strerror or error})") from error
    write_material(place, write)
    return place


def withdraw(recipe: Recipe, places: Sequence[str]) -> None:
    """Delete offered files, named relative to the recipe's folder: the operator has changed the mark.

    Raises GoodpartError.
    """
    for place in places:
        _remove(recipe.folder / place)


def accept(recipe: Recipe, files: Sequence[Path] | None = None) -> list[str]:
    """Add the offered files, or only `files`, to the recipe's material; returns sentences about the result.

    Good files become training material, defective ones test material. Files that the recipe already has are deleted;
    unreadable ones stay. Raises GoodpartError if a folder cannot be written.
    """
    sentences: list[str] = []
    for offer, sense, places in _chosen(recipe, files):
        folder = recipe.material(sense, defect=offer == "defect")
        if sense == "image":
            pictures = teach_pictures(folder, places)
            added, refused = len(pictures.added), pictures.refused
        else:
            recordings = teach_sound(folder, places, channel=recipe.settings.microphone.channel)
            added, refused = len(recordings.added), recordings.refused
        for place in places:
            if not any(sentence.startswith(f"{place}:") for sentence in refused):
                _remove(place)
        sentences.append(f"{added} {SENSE_WORDS[sense].file}{'' if added == 1 else 's'} of {offer} parts taught")
        sentences += [f"refused: {sentence}" for sentence in refused]
    return sentences


def discard(recipe: Recipe, files: Sequence[Path] | None = None) -> int:
    """Delete the offered files, or only `files`; returns how many. Raises GoodpartError."""
    places = [place for _, _, chosen in _chosen(recipe, files) for place in chosen]
    for place in places:
        _remove(place)
    return len(places)


def _chosen(recipe: Recipe, files: Sequence[Path] | None) -> list[tuple[Offer, Sense, list[Path]]]:
    chosen = [
        (offer, sense, [p for p in offered(recipe, offer, sense) if files is None or p in files])
        for offer in OFFERS
        for sense in SENSES
    ]
    return [(offer, sense, places) for offer, sense, places in chosen if places]


def _remove(place: Path) -> None:
    try:
        place.unlink(missing_ok=True)
    except OSError as error:
        raise GoodpartError(f"{place}: cannot be deleted ({error.strerror or error})") from error
