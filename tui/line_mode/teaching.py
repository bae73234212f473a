"""Teaching in the line mode: store and delete pictures and sound of the recipe."""

from __future__ import annotations

from core.commands import CollectPictures, DeleteTaught, EndCollecting, RecordSound
from core.errors import GoodpartError
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense
from core.station.interface import StationInterface
from tui.line_mode.parsing import none_more

MOST_PICTURES = 10_000
"""Pictures that one command stores at most."""


def teach(station: StationInterface, words: list[str]) -> str:
    """Begin to store the typed number of good or defective pictures; return the answer. Raises GoodpartError for other
    words and without a camera."""
    defect = words[1:] == ["defect"]
    if not words or not words[0].isdecimal() or (words[1:] and not defect):
        raise GoodpartError("type how many pictures: teach 50, or teach 20 defect")
    count = int(words[0])
    if not 1 <= count <= MOST_PICTURES:
        raise GoodpartError(f"type a number of pictures from 1 to {MOST_PICTURES}")
    if station.snapshot().image is None:
        raise GoodpartError("there is no camera: start with --camera")
    station.do(CollectPictures(count, defect=defect))
    return f"storing {count} pictures of {'defective' if defect else 'good'} parts, at most two a second; stop ends it"


def record(station: StationInterface, words: list[str]) -> str:
    """Begin to record good or defective sound; return the answer. Raises GoodpartError for other words and without a
    microphone."""
    defect = words == ["defect"]
    if words and not defect:
        raise GoodpartError("type record for good sound, or record defect")
    if station.snapshot().sound is None:
        raise GoodpartError("there is no microphone: start with --microphone")
    station.do(RecordSound(True, defect=defect))
    return f"recording {'defective' if defect else 'good'} sound; stop ends it"


def stop(station: StationInterface, words: list[str]) -> str:
    """End storing and recording; return the answer. Raises GoodpartError if neither runs."""
    none_more(words)
    snapshot = station.snapshot()
    recording = snapshot.sound is not None and snapshot.sound.capture is not None
    if recording:
        station.do(RecordSound(False))
    if snapshot.image is not None and snapshot.image.capture is not None:
        station.do(EndCollecting())
    elif not recording:
        raise GoodpartError("nothing is being stored or recorded")
    return "ending"


def delete(station: StationInterface, sense: Sense, words: list[str]) -> str:
    """Delete the newest sample, or all if the line ends with `all yes`; `all` alone asks. Return the answer. Raises
    GoodpartError for other words."""
    defect = words[:1] == ["defect"]
    more = words[1:] if defect else words
    if more not in ([], ["all"], ["all", "yes"]):
        raise GoodpartError("type delete for the newest good one, delete defect, delete all or delete defect all")
    kind, what = "defective" if defect else "good", SENSE_WORDS[sense].file
    if more == ["all"]:
        again = f"delete {'defect ' if defect else ''}all yes"
        return f"this deletes all {_count(station, sense, defect)}{kind} {what}s for good: type {again} to do it"
    station.do(DeleteTaught(sense, defect=defect, every=bool(more)))
    return f"deleting all {kind} {what}s" if more else f"deleting the newest {kind} {what}"


def _count(station: StationInterface, sense: Sense, defect: bool) -> str:
    state = station.snapshot().senses.get(sense)
    if state is None or state.inventory is None:
        return ""
    return f"{state.inventory.defect if defect else state.inventory.good} "
