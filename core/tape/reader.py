"""Reads a recording: the events of the station, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar, cast

from core.errors import UnreadableError
from core.samples import Frame, SoundBlock
from core.state.source_status import MicrophoneStatus, SourceStatus
from core.state.verdict import Sense
from core.tape.codec import unpack_picture, unpack_sound
from core.tape.container import Chunk, ChunkReader
from core.tape.events import (
    Calibrated,
    Failed,
    Judged,
    KnobBytes,
    Last,
    ModelRefused,
    ModelUsed,
    PartPlaced,
    Paused,
    Published,
    SaidLive,
    SingleShots,
    TapeEvent,
    ThresholdSet,
    Took,
)
from core.tape.header import TapeHeader, settings_of

MOST_PIXELS = 16_384
"""Pixels of a picture's height or width at most."""
T = TypeVar("T")
S = TypeVar("S", SourceStatus, MicrophoneStatus)


class TapeReader:
    """Reads a recording once, from its beginning."""

    def __init__(self, path: Path) -> None:
        """Open the file and read its header. Raises GoodpartError if it is not a recording, or an empty one."""
        self.path = path
        self._chunks = ChunkReader(path)
        self.size = self._chunks.size
        self._read = iter(self._chunks)
        self.ended = False
        """Whether the recording was closed in order; known after the last event."""
        first = next(self._read, None)
        if first is None or first.kind != "HEAD":
            self.close()
            raise UnreadableError(f"{path}: is empty: the recording ended before its first event")
        self.head = self._parsed(first, _head)

    @property
    def torn_bytes(self) -> int:
        """Bytes at the end that are incomplete or damaged; known after the last event."""
        return self._chunks.torn_bytes

    def events(self) -> Iterator[tuple[float, TapeEvent]]:
        """Yield each event with its time in seconds, on the clock of `TapeHeader.monotonic`.

        Unknown kinds, which a later version may have added, are ignored. Raises UnreadableError if an event is invalid.
        """
        for chunk in self._read:
            parse = _EVENTS.get(chunk.kind)
            if parse is not None:
                event = self._parsed(chunk, parse)
                self.ended = isinstance(event, Last)
                yield chunk.at, event

    def _parsed(self, chunk: Chunk, parse: Callable[[Chunk], T]) -> T:
        try:
            return parse(chunk)
        except (LookupError, TypeError, ValueError, AttributeError, MemoryError) as error:
            raise UnreadableError(
                f"{self.path}: the recording was altered ({chunk.kind} at {chunk.at:.1f} s: {error!r})"
            ) from error

    @property
    def place(self) -> int:
        """Bytes read so far."""
        return self._chunks.place

    def close(self) -> None:
        """Close the file."""
        self._chunks.close()


# Parsers of the chunks. All of them raise LookupError, TypeError or ValueError if the content is invalid.


def _sense(value: Any) -> Sense:
    if value not in ("image", "sound"):
        raise ValueError(f"invalid sense: {value!r}")
    return cast(Sense, value)


def _senses(values: Any) -> tuple[Sense, ...]:
    if not isinstance(values, list):
        raise TypeError(f"not a list: {values!r}")
    return tuple(_sense(value) for value in values)


def _typed(facts: Mapping[str, Any], name: str, kind: type[T]) -> T:
    value = facts[name]
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise TypeError(f"{name} is {value!r}")
    return value


def _integer(facts: Mapping[str, Any], name: str, low: int, high: int) -> int:
    value = _typed(facts, name, int)
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}")
    return value


def _head(chunk: Chunk) -> TapeHeader:
    facts = chunk.facts
    return TapeHeader(
        recipe=_typed(facts, "recipe", str),
        settings=settings_of(_typed(facts, "settings", str)),
        perceived=_senses(facts["perceived"]),
        taught=_senses(facts["taught"]),
        learnt=_senses(facts["learnt"]),
        stills=_typed(facts, "stills", bool),
        camera=_typed(facts, "camera", str),
        microphone=_typed(facts, "microphone", str),
        knobs=_typed(facts, "knobs", str),
        versions={str(name): str(version) for name, version in _typed(facts, "versions", dict).items()},
        wall=_typed(facts, "wall", float),
        monotonic=chunk.at,
    )


def _took(chunk: Chunk) -> Took:
    facts, sense = chunk.facts, _sense(chunk.facts["sense"])
    stored = _typed(facts, "status", dict)
    status = _status(SourceStatus, stored) if sense == "image" else _status(MicrophoneStatus, stored)
    lost = facts.get("lost") is True
    if lost or "at" not in facts:
        return Took(sense, None, status, lost)
    at, truth = _typed(facts, "at", float), None if facts["truth"] is None else _typed(facts, "truth", str)
    if sense == "image":
        height, width = _integer(facts, "height", 1, MOST_PIXELS), _integer(facts, "width", 1, MOST_PIXELS)
        picture = unpack_picture(chunk.data, height, width)
        return Took(sense, Frame(picture, _typed(facts, "number", int), at, truth), status)
    samples = unpack_sound(chunk.data, _integer(facts, "count", 1, 100_000_000))
    rate = _integer(facts, "rate", 1, 10_000_000)
    return Took(sense, SoundBlock(samples, rate, at, _typed(facts, "broken", bool), truth), status)


def _status(kind: type[S], facts: Mapping[str, Any]) -> S:
    """The status of a source. Unknown fields, which a later version may have added, are ignored."""
    known = {field.name: facts[field.name] for field in fields(kind) if field.name in facts}
    types = {field.name: str(field.type) for field in fields(kind)}
    for name, value in known.items():
        wanted = (int, float) if types[name] in ("float", "int", "float | None") else (str,)
        if not (isinstance(value, wanted) or (value is None and types[name].endswith("None"))):
            raise TypeError(f"{name} is {value!r}")
    return kind(**known)


def _threshold(chunk: Chunk) -> ThresholdSet:
    facts, which = chunk.facts, chunk.facts["which"]
    if which not in ("density", "reconstruction_error"):
        raise ValueError(f"invalid threshold: {which!r}")
    return ThresholdSet(_sense(facts["sense"]), which, _typed(facts, "value", float), _typed(facts, "by", str))


def _part(chunk: Chunk) -> PartPlaced:
    ok, anomalies, unknown = (_integer({"count": count}, "count", 0, 2**53) for count in chunk.facts["counts"])
    return PartPlaced(_typed(chunk.facts, "by", str), (ok, anomalies, unknown))


def _published(chunk: Chunk) -> Published:
    hung = _typed(chunk.facts, "hung", dict)
    return Published(_typed(chunk.facts, "news", bool), {_sense(name): _typed(hung, name, float) for name in hung})


_EVENTS: Mapping[str, Callable[[Chunk], TapeEvent]] = {
    "TOOK": _took,
    "JUDG": lambda c: Judged(_sense(c.facts["sense"])),
    "MODL": lambda c: ModelUsed(_sense(c.facts["sense"]), _typed(c.facts, "id", str), c.data),
    "NONE": lambda c: ModelRefused(_sense(c.facts["sense"]), _typed(c.facts, "words", str)),
    "THRS": _threshold,
    "CALB": lambda c: Calibrated(
        _sense(c.facts["sense"]), settings_of(_typed(c.facts, "settings", str)), _senses(c.facts["taught"])
    ),
    "PAUS": lambda c: Paused(_typed(c.facts, "paused", bool)),
    "SNGL": lambda c: SingleShots(_typed(c.facts, "on", bool)),
    "PART": _part,
    "PUBL": _published,
    "FAIL": lambda c: Failed(_sense(c.facts["sense"]), _typed(c.facts, "words", str)),
    "KNOB": lambda c: KnobBytes(c.data),
    "SAID": lambda c: SaidLive(c.facts),
    "LAST": lambda c: Last(_typed(c.facts, "sha256", str), _typed(c.facts, "trouble", str)),
}  # fmt: skip
