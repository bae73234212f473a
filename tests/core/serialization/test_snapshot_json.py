"""Snapshots over the wire: exact, whatever is in them."""

from __future__ import annotations

import ast
import collections.abc
import dataclasses
import json
import math
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import core.state
from core.serialization.dataclass_json import WireError, from_json, hints, to_json
from core.serialization.snapshot_json import OWN_CLOCK, changed, changes, moved, packed, unpacked
from core.state.knobs import Knob, KnobLink
from core.state.sense import ImageState, SenseState, SoundState
from core.state.snapshot import Snapshot
from core.state.source_status import MicrophoneStatus, SourceStatus
from core.state.verdict import ImageJudgement, Verdict

OK = Verdict("OK", "")


def anything(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type as annotations have it; arrays as maps are."""
    origin = get_origin(kind)
    if dataclasses.is_dataclass(kind):
        of = hints(kind)
        return st.builds(kind, **{field.name: anything(of[field.name]) for field in dataclasses.fields(kind)})
    if origin in (Union, types.UnionType):
        return st.one_of(*(anything(part) for part in get_args(kind)))
    if origin is Literal:
        return st.sampled_from(get_args(kind))
    if origin is tuple:
        parts = get_args(kind)
        if parts[1:] == (Ellipsis,):
            return st.lists(anything(parts[0]), max_size=3).map(tuple)
        return st.tuples(*(anything(part) for part in parts))
    if origin is np.ndarray:
        return st.integers(0, 2**32 - 1).map(
            lambda seed: np.random.default_rng(seed).normal(size=(14, 14)).astype(np.float32)
        )
    if origin is collections.abc.Mapping:
        # Scores of a part, by sense.
        number = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
        return st.dictionaries(
            st.text(max_size=5), st.dictionaries(st.text(max_size=5), number, max_size=3), max_size=2
        )
    simple: dict[Any, st.SearchStrategy[Any]] = {
        float: st.floats(),
        int: st.integers(),
        bool: st.booleans(),
        str: st.text(st.characters(), max_size=20),
        bytes: st.binary(max_size=40),
        types.NoneType: st.none(),
    }
    return simple[kind]


def same(one: Any, other: Any) -> bool:
    """Equality that knows arrays and NaN, and tells an int from a float."""
    if dataclasses.is_dataclass(one):
        return type(one) is type(other) and all(
            same(getattr(one, field.name), getattr(other, field.name)) for field in dataclasses.fields(one)
        )
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, tuple):
        return isinstance(other, tuple) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    return type(one) is type(other) and bool(one == other)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(anything(Snapshot))
def test_every_snapshot_comes_back_exactly(snapshot: Snapshot) -> None:
    text = json.dumps(to_json(snapshot), allow_nan=False)
    assert same(from_json(Snapshot, json.loads(text)), snapshot)


@pytest.mark.parametrize("kind", [ImageState, SoundState])
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_state_of_either_sense_comes_back_exactly(kind: type[SenseState], data: st.DataObject) -> None:
    state = data.draw(anything(kind))
    text = json.dumps(to_json(state), allow_nan=False)
    assert same(from_json(kind, json.loads(text)), state)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(anything(Snapshot), anything(Snapshot))
def test_changes_lead_from_any_snapshot_to_any_other(one: Snapshot, other: Snapshot) -> None:
    before, after = to_json(one), to_json(other)
    said = json.loads(json.dumps(changes(before, after)))
    assert json.dumps(changed(before, said)) == json.dumps(after)


def test_what_did_not_change_is_not_said() -> None:
    snapshot = Snapshot(
        1, 2.0, "pump", Verdict("OK", "fine"), image=ImageState(SourceStatus("live", "0", fps=14.5), OK)
    )
    later = dataclasses.replace(snapshot, number=2, image=ImageState(SourceStatus("live", "0", fps=15.0), OK))
    assert changes(to_json(snapshot), to_json(later)) == {"number": [2], "image": {"status": {"fps": [15.0]}}}


def test_times_are_moved_to_the_readers_clock() -> None:
    knobs = KnobLink("live", "ttyUSB0", density=Knob(1.0, 2.0, at=100.0, moved_at=90.0), answered_at=99.0)
    image = ImageState(SourceStatus("live", "0", last_at=99.5), OK)
    sound = SoundState(MicrophoneStatus("live", "default", last_at=98.5), OK)
    snapshot = Snapshot(1, 5.0, "pump", OK, image, sound, knobs=knobs)
    envelope = packed(snapshot) | {"clock": 101.0}
    seen = unpacked(envelope, now=1101.0)
    assert [state.status.last_at for state in seen.senses.values()] == [1099.5, 1098.5]
    assert seen.knobs is not None
    assert seen.knobs.density == Knob(1.0, 2.0, at=1100.0, moved_at=1090.0)
    assert (seen.knobs.answered_at, seen.at) == (1099.0, 5.0)
    assert moved(snapshot, 0.0) == snapshot


def test_every_time_of_the_stations_clock_is_known() -> None:
    """The docstring of such a field says time.monotonic()."""
    told: dict[str, list[str]] = {}
    for module in Path(core.state.__path__[0]).glob("*.py"):
        for kind in ast.parse(module.read_text()).body:
            if not isinstance(kind, ast.ClassDef):
                continue
            for field, words in zip(kind.body, kind.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(words, ast.Expr):
                    assert isinstance(words.value, ast.Constant)
                    if "time.monotonic()" in str(words.value.value):
                        assert isinstance(field.target, ast.Name)
                        told.setdefault(kind.name, []).append(field.target.id)
    assert told == {name: list(fields) for name, fields in OWN_CLOCK.items()}


def test_a_newer_service_may_say_more_and_an_older_one_less() -> None:
    said = to_json(Snapshot(1, 2.0, "pump", Verdict("OK", "fine"), paused=True))
    said["weather"] = "fine"
    del said["paused"]
    assert from_json(Snapshot, said) == Snapshot(1, 2.0, "pump", Verdict("OK", "fine"))


@pytest.mark.parametrize(
    ("envelope", "words"),
    [
        ({"hello": 1}, "not a snapshot of goodpart"),
        ([], "not a snapshot of goodpart"),
        ({"goodpart": 1}, "snapshots of version 1, this goodpart reads version 2: update the older one"),
        ({"goodpart": 3}, "snapshots of version 3, this goodpart reads version 2: update the older one"),
        ({"goodpart": 2, "clock": 1.0, "snapshot": {}}, "number is missing"),
        ({"goodpart": 2, "clock": 1.0, "snapshot": None}, "snapshot: None is not dict"),
        ({"goodpart": 2, "clock": "soon", "snapshot": {}}, "clock: 'soon' is not a number"),
    ],
)
def test_what_is_no_snapshot_is_refused_in_words(envelope: Any, words: str) -> None:
    with pytest.raises(WireError, match=words):
        unpacked(envelope)


def test_an_array_of_objects_is_not_taken() -> None:
    with pytest.raises(WireError, match="objects"):
        from_json(hints(ImageJudgement)["map"], {"dtype": "|O", "shape": [1], "base64": "AAAAAAAAAAA="})
