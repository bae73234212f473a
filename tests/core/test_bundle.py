"""A bundle is used as it was written, or refused with the reason."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bundle import FORMAT, MANIFEST, SEAL, Bundle, BundleError, HeldOut, read_bundle, write_bundle
from core.errors import GoodpartError

FACTS: Mapping[str, Any] = {
    "method": "features",
    "taught": 3,
    "notes": ["one", "zwei ü"],
    "region": [0.0, 0.0, 1.0, 1.0],
}
ARRAYS = {"mean": np.arange(6, dtype=np.float32).reshape(2, 3), "part.of": np.array(2.5)}
NETWORKS = {"backbone": b"TFL3" + bytes(range(200))}
HELD_OUT = HeldOut(np.array([-1.0, -2.0, -3.0]), np.array([0.1, 0.2, 0.3]), recording=np.array([0, 0, 1]))


def write(path: Path) -> str:
    return write_bundle(path, FACTS, ARRAYS, NETWORKS, HELD_OUT)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("bundle") / "image.goodpart"
    write(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("altered") / "image.goodpart"


def same(bundle: Bundle, other: Bundle) -> bool:
    return (
        (bundle.id, bundle.facts, bundle.networks) == (other.id, other.facts, other.networks)
        and bundle.arrays.keys() == other.arrays.keys()
        and all(np.array_equal(bundle.arrays[name], other.arrays[name]) for name in bundle.arrays)
        and np.array_equal(bundle.held_out.density, other.held_out.density)
        and np.array_equal(bundle.held_out.reconstruction_error, other.held_out.reconstruction_error)
    )


def read_as(place: Path, data: bytes) -> Bundle:
    place.write_bytes(data)
    return read_bundle(place)


def refusal(place: Path, data: bytes) -> str:
    with pytest.raises(BundleError) as refused:
        read_as(place, data)
    words = str(refused.value)
    assert words.startswith(str(place))
    return words


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def sealed(parts: Mapping[str, bytes], change: Callable[[dict[str, Any]], None]) -> bytes:
    """With a changed manifest and a seal that fits it."""
    manifest = json.loads(parts[MANIFEST])
    change(manifest)
    text = json.dumps(manifest).encode()
    return zipped({**parts, MANIFEST: text, SEAL: hashlib.sha256(text).hexdigest().encode()})


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "image.goodpart"
    given_id = write(path)
    bundle = read_bundle(path)
    assert bundle.id == given_id
    assert len(given_id) == 12
    assert {name: bundle.facts[name] for name in FACTS} == FACTS
    assert bundle.method == "features"
    assert bundle.networks == NETWORKS
    for name, array in ARRAYS.items():
        assert np.array_equal(bundle.arrays[name], array)
        assert bundle.arrays[name].dtype == array.dtype
    assert np.array_equal(bundle.held_out.density, HELD_OUT.density)
    assert np.array_equal(bundle.held_out.reconstruction_error, HELD_OUT.reconstruction_error)
    assert np.array_equal(bundle.held_out.recording, HELD_OUT.recording)
    assert [p.name for p in tmp_path.iterdir()] == ["image.goodpart"]


def test_the_same_learning_gives_the_same_file(tmp_path: Path) -> None:
    write(tmp_path / "one")
    write(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_missing_bundle_is_said_with_the_way_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no model yet; `goodpart train` makes it"):
        read_bundle(tmp_path / "image.goodpart")
    with pytest.raises(BundleError, match="cannot be read"):
        read_bundle(tmp_path)


@given(data=st.data())
def test_a_bundle_cut_off_anywhere_is_refused(whole: bytes, place: Path, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(whole) - 1))
    assert "torn" in refusal(place, whole[:length])


@given(data=st.data())
def test_one_changed_byte_is_refused_or_changes_nothing(whole: bytes, place: Path, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    place.write_bytes(whole)
    original = read_bundle(place)
    try:
        bundle = read_as(place, bytes(changed))
    except BundleError:
        return
    # A date or an attribute of the container; nothing that is used.
    assert same(bundle, original)


def test_a_changed_byte_in_any_member_is_refused(whole: bytes, place: Path) -> None:
    for name, data in members(whole).items():
        start = whole.index(data)
        for at in (0, len(data) // 2, len(data) - 1):
            changed = bytearray(whole)
            changed[start + at] ^= 1
            assert refusal(place, bytes(changed)), name


def test_a_changed_byte_with_a_checksum_that_fits_is_refused(whole: bytes, place: Path) -> None:
    for name, data in members(whole).items():
        changed = bytearray(data)
        changed[len(data) // 2] ^= 1
        words = refusal(place, zipped({**members(whole), name: bytes(changed)}))
        assert "altered" in words


def test_a_missing_member_is_named(whole: bytes, place: Path) -> None:
    parts = members(whole)
    for name in parts:
        words = refusal(place, zipped({n: d for n, d in parts.items() if n != name}))
        assert name in words


def test_a_member_that_does_not_belong_is_named(whole: bytes, place: Path) -> None:
    assert "arrays/extra.npy" in refusal(place, zipped({**members(whole), "arrays/extra.npy": b"1"}))


def test_a_member_twice_is_refused(whole: bytes, place: Path) -> None:
    buffer = io.BytesIO(whole)
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("arrays/mean.npy", members(whole)["arrays/mean.npy"])
    assert "not stored plainly" in refusal(place, buffer.getvalue())


def test_a_newer_format_says_to_update(whole: bytes, place: Path) -> None:
    newer = sealed(members(whole), lambda manifest: manifest.update(format=FORMAT + 1))
    assert f"newer goodpart (format {FORMAT + 1}" in refusal(place, newer)


@pytest.mark.parametrize("manifest", [b"", b"[]", b"1", b"{}", b'{"format": "x"}', b'{"format": 1, "members": 7}'])
def test_a_manifest_that_is_none_is_refused(whole: bytes, place: Path, manifest: bytes) -> None:
    seal = hashlib.sha256(manifest).hexdigest().encode()
    assert refusal(place, zipped({**members(whole), MANIFEST: manifest, SEAL: seal}))


def test_nothing_is_ever_unpickled(whole: bytes, place: Path, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    buffer = io.BytesIO()
    np.save(buffer, np.array([Trap()], dtype=object), allow_pickle=True)
    data = buffer.getvalue()
    parts = {**members(whole), "arrays/mean.npy": data}
    promise = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    assert refusal(place, sealed(parts, lambda manifest: manifest["members"].update({"arrays/mean.npy": promise})))
    assert not (tmp_path / "sprung").exists()
    with pytest.raises(ValueError, match="pickle"):
        write_bundle(place, FACTS, {"trap": np.array([Trap()], dtype=object)}, {}, HELD_OUT)


@pytest.mark.parametrize("name", [MANIFEST, SEAL, "networks/backbone.tflite", "bomb"])
def test_what_would_unfold_is_refused(whole: bytes, place: Path, name: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for part, data in members(whole).items():
            if part != name:
                archive.writestr(part, data)
        archive.writestr(name, bytes(10_000_000), compress_type=zipfile.ZIP_DEFLATED)
    assert len(buffer.getvalue()) < 100_000
    assert "not stored plainly" in refusal(place, buffer.getvalue())


@pytest.mark.parametrize("data", [b"", b"PK", b"\0" * 1000, b"%PDF-1.4 something else"])
def test_another_file_is_refused(place: Path, data: bytes) -> None:
    assert "not a goodpart model" in refusal(place, data)


def test_a_full_disk_leaves_the_old_bundle_and_nothing_beside_it(small_disk: Callable[[int], Path]) -> None:
    disk = small_disk(64)
    path = disk / "image.goodpart"
    write(path)
    before = path.read_bytes()
    with pytest.raises(GoodpartError, match="No space left"):
        write_bundle(path, FACTS, {"large": np.zeros(100_000)}, NETWORKS, HELD_OUT)
    assert path.read_bytes() == before
    assert [p.name for p in disk.iterdir()] == ["image.goodpart"]
