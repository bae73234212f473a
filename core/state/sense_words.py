"""What the two senses are called in sentences, and which is the other one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.state.verdict import Sense

OTHER_SENSE: Mapping[Sense, Sense] = {"image": "sound", "sound": "image"}


@dataclass(frozen=True)
class SenseWords:
    """What a sense is called in sentences."""

    file: str
    """One file of training material: `picture`, `recording`."""
    files: str
    folder: str
    """Of the training material, in the recipe and as an option of `teach`: `images`, `sound`."""
    stream: str
    """All that is judged: `pictures`, `sound`."""
    sample: str
    """In a verdict's reason: `picture`, `sound`."""


SENSE_WORDS: Mapping[Sense, SenseWords] = {
    "image": SenseWords("picture", "pictures", "images", "pictures", "picture"),
    "sound": SenseWords("recording", "recordings", "sound", "sound", "sound"),
}
