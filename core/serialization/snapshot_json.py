"""Converts a snapshot to JSON and back, so that a station can be watched from another machine.

Round trips are exact: floats as shortest decimals (NaN and infinities as strings), bytes and arrays as base64.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

from core.serialization.dataclass_json import Json, T, WireError, from_json, to_json
from core.state.snapshot import Snapshot

VERSION = 2
"""Version of the envelope and its content; a reader refuses every other version."""
OWN_CLOCK: Mapping[str, tuple[str, ...]] = {
    "SourceStatus": ("last_at",),
    "MicrophoneStatus": ("last_at",),
    "Knob": ("at", "moved_at"),
    "KnobLink": ("answered_at",),
}
"""Fields that hold time.monotonic() of the station's machine. A reader on another machine converts them to its own
clock."""


# The envelope.


def packed(snapshot: Snapshot) -> dict[str, Json]:
    """Return the envelope: the version, the snapshot and the current time.monotonic() that its times refer to."""
    return {"goodpart": VERSION, "clock": time.monotonic(), "snapshot": to_json(snapshot)}


def unpacked(envelope: Json, now: float | None = None) -> Snapshot:
    """Return the snapshot in `envelope`, its times converted to the reader's clock.

    `now` is the reader's time.monotonic() when the envelope arrived; None means now. Raises WireError if the envelope
    is invalid or has another version.
    """
    if not isinstance(envelope, Mapping) or "goodpart" not in envelope:
        raise WireError("this is not a snapshot of goodpart: is the address that of `goodpart serve`?")
    if envelope["goodpart"] != VERSION:
        raise WireError(
            f"the service sends snapshots of version {envelope['goodpart']}, this goodpart reads version {VERSION}:"
            " update the older one"
        )
    clock = from_json(float, envelope.get("clock"), "clock")
    snapshot: Snapshot = from_json(Snapshot, envelope.get("snapshot"), "snapshot")
    return moved(snapshot, (time.monotonic() if now is None else now) - clock)


def moved(value: T, by: float) -> T:
    """Return a copy of `value` with `by` seconds added to every field of OWN_CLOCK, at any depth."""
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


# Differences between two snapshots, for slow connections.


def changes(before: Json, after: Json) -> dict[str, Json]:
    """Return what differs between two JSON objects, by key: `[new value]`, or, for an object whose keys are unchanged,
    the changes inside it."""
    differences: dict[str, Json] = {}
    for key, new in after.items():
        old = before[key]
        if old == new and type(old) is type(new):
            continue
        alike = isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys()
        differences[key] = changes(old, new) if alike else [new]
    return differences


def changed(before: Json, differences: Json) -> dict[str, Json]:
    """Return `before` with `differences` (from `changes`) applied. Raises WireError if a key is not in `before`."""
    after = dict(before)
    for key, change in differences.items():
        if key not in before:
            raise WireError(f"{key}: change of an unknown key")
        after[key] = change[0] if isinstance(change, list) else changed(before[key], change)
    return after
