"""The file of a recording: read back as it was written, and whatever else is in a file is refused in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.errors import GoodpartError, UnreadableError
from core.replay.replay import Replay
from core.settings.recipe_settings import Settings
from core.tape.codec import pack_picture, pack_sound, unpack_picture, unpack_sound
from core.tape.container import MAGIC, Chunk, ChunkReader, packed
from core.tape.header import settings_text
from core.tape.reader import TapeReader

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = ["at", "truth", "number", "height", "width", "rate", "broken", "count", "lost", "which",
         "value", "by", "paused", "words", "id", "settings", "taught", "seconds", "sha256", "trouble"]  # fmt: skip
FACTS = st.fixed_dictionaries(
    {"sense": st.sampled_from(["image", "sound"]) | JSON, "status": JSON}, optional=dict.fromkeys(NAMES, JSON)
)
KINDS = ["TOOK", "JUDG", "MODL", "NONE", "THRS", "CALB", "PAUS", "HUNG", "FAIL", "KNOB", "SAID", "LAST", "HEAD", "NEW1"]
HEAD = {
    "recipe": "pump", "settings": settings_text(Settings()), "perceived": ["image", "sound"], "taught": ["image"],
    "learnt": [], "stills": False, "camera": "0", "microphone": "default", "knobs": "", "versions": {}, "wall": 1e9,
}  # fmt: skip
CHUNKS = st.lists(
    st.builds(
        Chunk,
        st.sampled_from(KINDS),
        st.floats(allow_nan=False, allow_infinity=False),
        st.dictionaries(st.text(), st.integers() | st.text(), max_size=3),
        st.binary(max_size=60),
    ),
    min_size=1,
    max_size=5,
)


@contextmanager
def file_of(content: bytes) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "recording"
        path.write_bytes(content)
        yield path


def read(content: bytes) -> tuple[list[Chunk], int]:
    with file_of(content) as path, closing(ChunkReader(path)) as reader:
        return list(reader), reader.torn_bytes


def written(chunks: list[Chunk]) -> list[bytes]:
    return [packed(chunk.kind, chunk.at, chunk.facts, chunk.data) for chunk in chunks]


@given(CHUNKS, st.data())
def test_of_a_file_that_is_cut_anywhere_all_whole_chunks_are_read(chunks: list[Chunk], data: st.DataObject) -> None:
    pieces = written(chunks)
    content = b"".join(pieces)
    cut = data.draw(st.integers(0, len(content)))
    whole = 0
    while whole < len(pieces) and sum(map(len, pieces[: whole + 1])) <= cut:
        whole += 1
    assert read(MAGIC + content[:cut]) == (chunks[:whole], cut - sum(map(len, pieces[:whole])))


@given(CHUNKS, st.data())
def test_after_a_bit_that_turned_nothing_is_believed(chunks: list[Chunk], data: st.DataObject) -> None:
    pieces = written(chunks)
    content = bytearray(b"".join(pieces))
    place, bit = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(0, 7))
    content[place] ^= 1 << bit
    before = next(n for n in range(len(pieces)) if sum(map(len, pieces[: n + 1])) > place)
    found, torn = read(MAGIC + bytes(content))
    assert found == chunks[:before]
    assert torn == len(content) - sum(map(len, pieces[:before]))


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused_in_words(content: bytes, named: bool) -> None:
    try:
        chunks, torn = read((MAGIC if named else b"") + content)
    except GoodpartError as error:
        assert "recording" in str(error)
        assert not named
    else:
        assert not chunks
        assert torn == len(content)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), FACTS, st.binary(max_size=40)), max_size=4))
def test_whatever_sealed_chunks_say_is_replayed_or_refused_in_words(
    told: list[tuple[str, dict[str, object], bytes]],
) -> None:
    content = MAGIC + packed("HEAD", 5.0, HEAD) + b"".join(packed(kind, 6.0, *rest) for kind, *rest in told)
    with file_of(content) as path:
        try:
            with closing(Replay(path)) as replay:
                replay.run()
        except GoodpartError as error:
            assert str(error)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(list(HEAD)), JSON))
def test_a_head_of_any_kind_is_read_or_refused_in_words(changes: dict[str, object]) -> None:
    with file_of(MAGIC + packed("HEAD", 5.0, {**HEAD, **changes})) as path:
        try:
            TapeReader(path).close()
        except UnreadableError as error:
            assert "was altered" in str(error)


def test_files_that_are_none_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="No such file"):
        ChunkReader(tmp_path / "none")
    with pytest.raises(UnreadableError, match="directory"):
        ChunkReader(tmp_path)
    with file_of(b"goodpart recording 7\n") as path, pytest.raises(GoodpartError, match=r"newer goodpart \(format 7"):
        ChunkReader(path)
    with file_of(b"RIFF") as path, pytest.raises(GoodpartError, match="is not a recording"):
        ChunkReader(path)
    with file_of(MAGIC) as path, pytest.raises(UnreadableError, match="is empty"):
        TapeReader(path)


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))))
def test_pictures_come_back_to_the_bit(picture: np.ndarray) -> None:
    back = unpack_picture(pack_picture(picture), *picture.shape[:2])
    assert back.dtype == np.uint8
    assert np.array_equal(back, picture)


@given(arrays.arrays(np.uint32, st.integers(1, 50)))
def test_sound_comes_back_to_the_bit_even_where_it_is_no_number(bits: np.ndarray) -> None:
    samples = bits.view(np.float32)
    back = unpack_sound(pack_sound(samples), len(samples))
    assert back.dtype == np.float32
    assert back.tobytes() == samples.tobytes()


@given(st.binary(max_size=60), st.integers(1, 40), st.integers(1, 40))
def test_data_that_are_no_picture_of_that_size_are_refused(data: bytes, height: int, width: int) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        unpack_picture(data, height, width)
    with pytest.raises(ValueError, match=r"[a-z]"):
        unpack_sound(pack_sound(np.zeros(height + width, np.float32)), height)
