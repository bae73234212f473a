"""A snapshot as JSON, for stations that are looked at from elsewhere; and whatever else is a dataclass.

Round trips are exact: floats as their shortest decimals (what is no number as a string), bytes and arrays as base64.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

from core.serialization.dataclass_json import Json, T, WireError, from_json, to_json
from core.state.snapshot import Snapshot

VERSION = 2
"""Of the envelope and what is in it; a reader refuses another."""
OWN_CLOCK: Mapping[str, tuple[str, ...]] = {
    "SourceStatus": ("last_at",),
    "MicrophoneStatus": ("last_at",),
    "Knob": ("at", "moved_at"),
    "KnobLink": ("answered_at",),
}
"""Fields that are time.monotonic() of the station's machine: a reader elsewhere moves them to its own."""


# The envelope.


def packed(snapshot: Snapshot) -> dict[str, Json]:
    """Of a snapshot, with the clock that its times are of."""
    return {"goodpart": VERSION, "clock": time.monotonic(), "snapshot": to_json(snapshot)}


def unpacked(envelope: Json, now: float | None = None) -> Snapshot:
    """The snapshot, its times moved to the reader's clock (`now`, time.monotonic() when it came). Raises WireError."""
    if not isinstance(envelope, Mapping) or "goodpart" not in envelope:
        raise WireError("this is not a snapshot of goodpart: is the address that of `goodpart serve`?")
    if envelope["goodpart"] != VERSION:
        raise WireError(
            f"the service speaks version {envelope['goodpart']} of the snapshots, this goodpart version {VERSION}:"
            " update the older one"
        )
    clock = from_json(float, envelope.get("clock"), "clock")
    snapshot: Snapshot = from_json(Snapshot, envelope.get("snapshot"), "snapshot")
    return moved(snapshot, (time.monotonic() if now is None else now) - clock)


def moved(value: T, by: float) -> T:
    """The same with every time of OWN_CLOCK moved by so many seconds."""
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return tuple(moved(part, by) for part in value) if isinstance(value, tuple) else value  # type: ignore[return-value]
    times = OWN_CLOCK.get(type(value).__name__, ())
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        old = getattr(value, field.name)
        new = old + by if field.name in times and old is not None else moved(old, by)
        if new is not old:
            changes[field.name] = new
    return dataclasses.replace(value, **changes) if changes else value


# What has changed since the last one, for slow lines.


def changes(before: Json, after: Json) -> dict[str, Json]:
    """By key: `[new]`, or for a table whose keys are the same the changes in it."""
    found: dict[str, Json] = {}
    for key, new in after.items():
        old = before[key]
        if old == new and type(old) is type(new):
            continue
        alike = isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys()
        found[key] = changes(old, new) if alike else [new]
    return found


def changed(before: Json, said: Json) -> dict[str, Json]:
    """`before` with `changes`. Raises WireError where they are not of it."""
    after = dict(before)
    for key, change in said.items():
        if key not in before:
            raise WireError(f"{key}: unknown change")
        after[key] = change[0] if isinstance(change, list) else changed(before[key], change)
    return after
