"""Good sound from the microphone becomes whole recordings, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.dataset.capture_sound import LEAST_SECONDS, SoundCapture
from core.errors import GoodpartError
from core.samples import Sound, SoundBlock
from tests.support.sounds import noise

RATE = 8000


def stretch(sound: Sound, broken: bool = False, rate: int = RATE) -> SoundBlock:
    return SoundBlock(sound, rate, 0.0, broken)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def test_what_was_heard_is_kept_to_the_last_of_24_bits(tmp_path: Path) -> None:
    recorder = SoundCapture(tmp_path / "good")
    pieces = [noise(0.5, RATE, seed=number) for number in range(4)]
    for number, piece in enumerate(pieces):
        recorder.write(stretch(piece, broken=number == 0))
        assert files(tmp_path / "good") == []  # hidden until it is whole
    assert recorder.state().seconds == pytest.approx(2.0)
    (words,) = recorder.close()
    (file,) = files(tmp_path / "good")
    assert words == f"{file.name}: 2.0 s of good sound recorded"
    assert file.name.startswith("000001-recorded-")
    kept, rate = soundfile.read(file, dtype="float32")
    assert rate == RATE
    np.testing.assert_allclose(kept, np.concatenate(pieces), atol=2**-23)
    assert not [path for path in (tmp_path / "good").iterdir() if path.name.startswith(".")]


def test_where_sound_was_lost_another_recording_begins(tmp_path: Path) -> None:
    recorder = SoundCapture(tmp_path)
    recorder.write(stretch(noise(2.0, RATE), broken=True))
    recorder.write(stretch(noise(1.5, 16000), broken=True, rate=16000))
    assert len(recorder.close()) == 2
    assert [soundfile.info(file).samplerate for file in files(tmp_path)] == [8000, 16000]
    assert [file.name[:6] for file in files(tmp_path)] == ["000001", "000002"]


def test_what_is_shorter_than_a_window_is_not_kept(tmp_path: Path) -> None:
    recorder = SoundCapture(tmp_path)
    recorder.write(stretch(noise(LEAST_SECONDS - 0.2, RATE)))
    assert recorder.close() == ["nothing was recorded: it takes 1.1 s at least"]
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_and_what_was_recorded_is_whole(small_disk: Callable[[int], Path]) -> None:
    folder = small_disk(128) / "good"
    recorder = SoundCapture(folder)
    written = 0
    with pytest.raises(OSError, match="disk"):
        for number in range(60):
            recorder.write(stretch(noise(0.5, RATE, seed=number)))
            written += RATE // 2
    recorder.close()
    (file,) = files(folder)
    kept, _ = soundfile.read(file, dtype="float32")
    assert len(kept) >= 2 * RATE


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, read_only: Callable[[Path], Path]) -> None:
    with pytest.raises(GoodpartError, match="cannot be written"):
        SoundCapture(read_only(tmp_path) / "good")
