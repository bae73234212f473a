"""The converted backbone in the user's cache."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import GoodpartError
from core.features.image.backbone import Backbone, DamagedBackboneError, cache_folder, find_backbone, store_backbone


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOODPART_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_cache_is_the_users_own_unless_another_folder_is_named(
    monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    assert cache_folder() == cache
    monkeypatch.delenv("GOODPART_CACHE")
    assert cache_folder().name == "goodpart"


def test_before_any_conversion_there_is_none(cache: Path) -> None:
    assert find_backbone() is None


def test_what_was_stored_is_found_and_nothing_else_is_left(cache: Path) -> None:
    path = store_backbone(b"a network", "0" * 64)
    assert find_backbone() == b"a network"
    assert path.name.startswith("efficientnet-lite0-")
    assert sorted(cache.iterdir()) == sorted([path, cache / "efficientnet-lite0.json"])


def test_a_newer_conversion_takes_the_place_of_the_old(cache: Path) -> None:
    store_backbone(b"the first", "0" * 64)
    store_backbone(b"the second", "0" * 64)
    assert find_backbone() == b"the second"


def test_a_damaged_network_is_refused(cache: Path) -> None:
    path = store_backbone(b"a network", "0" * 64)
    path.write_bytes(b"a netwerk")
    with pytest.raises(DamagedBackboneError, match="damaged"):
        find_backbone()


@pytest.mark.parametrize("words", [b"", b"[]", b"{}", b"\xff", b'{"file": 5, "sha256": ""}'])
def test_a_damaged_note_is_refused(cache: Path, words: bytes) -> None:
    store_backbone(b"a network", "0" * 64)
    (cache / "efficientnet-lite0.json").write_bytes(words)
    with pytest.raises(DamagedBackboneError, match="damaged"):
        find_backbone()


def test_a_note_cannot_name_a_file_elsewhere(cache: Path, tmp_path: Path) -> None:
    store_backbone(b"a network", "0" * 64)
    (tmp_path / "other").write_bytes(b"a network")
    note = cache / "efficientnet-lite0.json"
    note.write_text(note.read_text().replace("efficientnet-lite0-", "../other"))
    assert find_backbone() is None


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX files")
def test_a_cache_that_cannot_be_written_is_said_in_words(cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    with pytest.raises(GoodpartError, match="GOODPART_CACHE"):
        store_backbone(b"a network", "0" * 64)


@pytest.mark.parametrize("network", [b"", b"no network at all", bytes(4096)])
def test_bytes_that_are_no_network_are_refused(network: bytes) -> None:
    with pytest.raises(GoodpartError, match="train again"):
        Backbone(network)
