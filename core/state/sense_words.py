"""The nouns that sentences use for each sense, and the mapping to the other sense."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.state.verdict import Sense

OTHER_SENSE: Mapping[Sense, Sense] = {"image": "sound", "sound": "image"}


@dataclass(frozen=True)
class SenseWords:
    """The nouns for one sense."""

    file: str
    """One file of training material: `picture`, `recording`."""
    files: str
    """Several such files: `pictures`, `recordings`."""
    folder: str
    """The folder of the training material in the recipe, also an option of `teach`: `images`, `sound`."""
    stream: str
    """Everything that is judged: `pictures`, `sound`."""
    sample: str
    """The noun in a verdict's reason: `picture`, `sound`."""


SENSE_WORDS: Mapping[Sense, SenseWords] = {
    "image": SenseWords("picture", "pictures", "images", "pictures", "picture"),
    "sound": SenseWords("recording", "recordings", "sound", "sound", "sound"),
}
