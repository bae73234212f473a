"""Every picture file that a bench makes becomes uint8 in blue, green, red; what is damaged is refused by name."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UnreadableError
from core.features.image.picture import crop, decode_picture, resized, to_picture
from core.samples import Picture
from tests.support.parts import good_part

COLOURS = np.zeros((20, 30, 3), np.uint8)
COLOURS[:, :10], COLOURS[:, 10:20], COLOURS[:, 20:] = (250, 20, 10), (30, 240, 20), (10, 30, 230)


def stored(path: Path, array: npt.NDArray[np.generic], *options: int) -> Picture:
    assert cv2.imwrite(str(path), array, list(options))
    picture = decode_picture(path)
    assert picture.dtype == np.uint8
    assert picture.shape == (*array.shape[:2], 3)
    return picture


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".tiff", ".PNG"])
def test_colours_come_as_they_are(tmp_path: Path, suffix: str) -> None:
    assert np.array_equal(stored(tmp_path / f"a{suffix}", COLOURS), COLOURS)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg"])
def test_a_jpg_comes_nearly_as_it_is(tmp_path: Path, suffix: str) -> None:
    picture = stored(tmp_path / f"a{suffix}", good_part(1), cv2.IMWRITE_JPEG_QUALITY, 95)
    assert np.abs(picture.astype(int) - good_part(1)).mean() < 3


def test_grey_becomes_the_same_in_all_channels(tmp_path: Path) -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    picture = stored(tmp_path / "a.png", grey)
    assert all(np.array_equal(picture[:, :, channel], grey) for channel in range(3))


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_16_bit_files_are_scaled_by_the_depth_that_they_use(tmp_path: Path, bits: int) -> None:
    grey = np.linspace(0, (1 << bits) - 1, 256).astype(np.uint16).reshape(16, 16)
    for suffix in (".png", ".tif"):
        picture = stored(tmp_path / f"a{suffix}", grey)
        assert np.array_equal(picture[:, :, 0], grey >> (bits - 8))
        assert picture.max() == 255


def test_alpha_is_laid_on_white(tmp_path: Path) -> None:
    picture = np.dstack([COLOURS, np.zeros(COLOURS.shape[:2], np.uint8)])
    picture[:10, :, 3] = 255
    picture[10:15, :, 3] = 128
    read = stored(tmp_path / "a.png", picture)
    assert np.array_equal(read[:10], COLOURS[:10])
    assert (read[15:] == 255).all()
    assert np.abs(read[10:15].astype(int) - (COLOURS[10:15] / 2 + 127.5)).max() <= 1.5


@pytest.mark.parametrize("top", [1.0, 255.0])
def test_a_float_tif_is_scaled(tmp_path: Path, top: float) -> None:
    picture = stored(tmp_path / "a.tif", (COLOURS / 255 * top).astype(np.float32))
    assert np.abs(picture.astype(int) - COLOURS).max() <= 1


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("empty.png", b"", "empty (0 bytes)"),
        ("text.png", b"this is no picture", "not a picture that can be decoded"),
        ("zeros.jpg", bytes(5000), "not a picture that can be decoded"),
        ("head.jpg", b"\xff\xd8\xff\xe0", "not a picture that can be decoded"),
    ],
    ids=["0 bytes", "text", "zeros", "only a head"],
)
def test_what_is_no_picture_is_refused_by_name(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UnreadableError) as refused:
        decode_picture(tmp_path / name)
    assert str(tmp_path / name) in str(refused.value)
    assert words in str(refused.value)


@given(share=st.floats(0.0, 0.99))
def test_a_jpg_that_was_cut_off_is_refused(tmp_path_factory: pytest.TempPathFactory, share: float) -> None:
    path = tmp_path_factory.getbasetemp() / "cut.jpg"
    data = cv2.imencode(".jpg", good_part(1))[1].tobytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(UnreadableError):
        decode_picture(path)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
def test_half_a_file_of_any_kind_is_refused(tmp_path: Path, suffix: str) -> None:
    data = cv2.imencode(suffix, good_part(1))[1].tobytes()
    (tmp_path / f"half{suffix}").write_bytes(data[: len(data) // 2])
    with pytest.raises(UnreadableError):
        decode_picture(tmp_path / f"half{suffix}")


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.png"):
        with pytest.raises(UnreadableError, match="cannot be read"):
            decode_picture(path)


@given(
    st.integers(1, 200), st.integers(1, 200),
    st.tuples(st.floats(0, 0.999), st.floats(0, 0.999), st.floats(0.001, 1), st.floats(0.001, 1)),
)  # fmt: skip
def test_a_region_is_never_empty_and_never_outside(
    width: int, height: int, region: tuple[float, float, float, float]
) -> None:
    x, y, w, h = region
    w, h = min(w, 1 - x), min(h, 1 - y)
    picture = np.zeros((height, width, 3), np.uint8)
    cut = crop(picture, (x, y, w, h))
    assert cut.size > 0
    assert abs(cut.shape[1] - w * width) <= 1
    assert abs(cut.shape[0] - h * height) <= 1


def test_a_region_is_the_part_that_was_asked_for() -> None:
    assert np.array_equal(crop(COLOURS, (1 / 3, 0.0, 1 / 3, 0.5)), COLOURS[:10, 10:20])
    assert crop(COLOURS, (0.0, 0.0, 1.0, 1.0)) is COLOURS


def test_networks_get_red_first() -> None:
    small = resized(np.full((40, 40, 3), (1, 2, 3), np.uint8), 8)
    assert small.shape == (8, 8, 3)
    assert (small == (3, 2, 1)).all()


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 1), (4, 4, 3), (4, 4, 4)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_any_array_becomes_a_picture(shape: tuple[int, ...], kind: type) -> None:
    picture = to_picture(np.zeros(shape, kind))
    assert picture.shape == (4, 4, 3)
    assert picture.dtype == np.uint8
