"""A file becomes a verdict in one way, whoever asks."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import soundfile

from core.bundle import BundleError, read_bundle
from core.errors import UnreadableError
from core.evaluation.defect_test import separate
from core.inference.amulet_analysis import NOTHING_FOUND, analysis_of
from core.inference.file_judge import CurrentFileJudge, FileJudge, NotLearntError, kind_of
from core.inference.image_file import judge_picture_file, picture_as_json
from core.inference.image_judge import ImageJudge
from core.inference.sound_file import SoundFileResult
from core.recipes.recipe import Recipe, open_recipe
from tests.support.parts import good_part, odd_part, write_parts
from tests.support.sounds import RATE, faulty_motor, good_motor, write_sounds


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (b"RIFF\x24\0\0\0WAVEfmt ", "x.png", "sound"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "x.wav", "image"),
        (b"fLaC", "x", "sound"),
        (b"\x89PNG\r\n", "x.wav", "image"),
        (b"\xff\xd8\xff\xe0", "x", "image"),
        (b"", "x.WAV", "sound"),
        (b"text", "x.ogg", "sound"),
        (b"text", "x.tif", "image"),
        (b"text", "x", "image"),
    ],
)
def test_the_kind_is_told_by_the_first_bytes_or_else_by_the_name(
    tmp_path: Path, head: bytes, name: str, kind: str
) -> None:
    (tmp_path / "file").write_bytes(head)
    assert kind_of(tmp_path / "file", name) == kind


def test_the_kind_of_what_cannot_be_opened_is_told_by_its_name(tmp_path: Path) -> None:
    assert (kind_of(tmp_path / "gone", "x.flac"), kind_of(tmp_path, "x.png")) == ("sound", "image")


def test_a_picture_has_one_verdict_whoever_asks(trained: Recipe) -> None:
    (file,) = write_parts(trained.defect_images, [77], odd_part)
    judge = FileJudge(trained)
    said, answered = judge.verdict(file), judge(file, "upload", picture=True)
    assert said["verdict"] == "ANOMALY"
    drawn = answered.pop("map")
    assert answered | {"path": str(file)} == said
    (sample,) = separate(trained, "image", read_bundle(trained.image_bundle)).defects
    assert (sample.state, sample.reason, sample.density) == (said["verdict"], said["reason"], said["density"])
    np.testing.assert_allclose(drawn, sample.map, atol=5e-4)


def test_a_recording_has_one_verdict_whoever_asks(heard: Recipe) -> None:
    (file,) = write_sounds(heard.defect_sound, [faulty_motor("stop")])
    judge, listened = FileJudge(heard), list[SoundFileResult]()
    said, answered = judge.verdict(file, listened.append), judge(file, "upload")
    assert said["verdict"] == "ANOMALY"
    assert answered.pop("method") == "spectrum"
    limit = answered.pop("window_threshold")
    assert [one["anomaly"] for one in said["windows"]] == [one["score"] > limit for one in said["windows"]]
    assert answered | {"path": str(file)} == said
    (sample,) = separate(heard, "sound", read_bundle(heard.bundle("sound"))).defects
    assert (sample.state, sample.reason, sample.density) == (said["verdict"], said["reason"], said["density"])
    (result,) = listened
    assert len(result.windows) == len(said["windows"]) == len(sample.trace)  # type: ignore[arg-type]


def test_a_recording_is_opened_once(heard: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = write_sounds(tmp_path, [good_motor(900)])
    opened: list[Path] = []

    class Counted(soundfile.SoundFile):  # type: ignore[misc]
        def __init__(self, path: Path, *rest: Any, **how: Any) -> None:
            opened.append(path)
            super().__init__(path, *rest, **how)

    monkeypatch.setattr(soundfile, "SoundFile", Counted)
    judge = FileJudge(heard, longest=60.0)
    assert judge.verdict(file)["verdict"] == "OK"
    assert opened == [file]
    judge(file, "upload")
    assert opened == [file, file]


def test_what_was_not_learnt_is_refused_in_words(trained: Recipe, tmp_path: Path) -> None:
    (file,) = write_sounds(tmp_path, [good_motor(900)])
    said = FileJudge(trained).verdict(file)
    assert (said["kind"], said["verdict"], said["score"]) == ("sound", "UNKNOWN", None)
    words = "pump has learnt no sound: goodpart teach pump --sound ..., then train"
    assert said["reason"] == words
    with pytest.raises(NotLearntError, match="has learnt no sound"):
        FileJudge(trained)(file, "upload")


def test_what_was_taught_and_not_trained_ends_the_work(heard: Recipe, tmp_path: Path) -> None:
    write_parts(heard.good_images, [1])
    (file,) = write_parts(tmp_path, [2])
    FileJudge(heard).check()
    with pytest.raises(BundleError, match="there is no model yet"):
        FileJudge(heard).verdict(file)


def test_the_only_model_is_checked_before_any_file(trained: Recipe) -> None:
    trained.image_bundle.write_bytes(b"torn")
    with pytest.raises(BundleError, match="torn"):
        FileJudge(trained).check()


def test_a_model_is_loaded_when_its_first_file_comes(trained: Recipe, tmp_path: Path) -> None:
    trained.bundle("sound").write_bytes(b"torn")
    trained.change("verdict", {"false_alarms": 0.2})  # shared by two senses now
    (part,) = write_parts(tmp_path, [77])
    (sound,) = write_sounds(tmp_path, [good_motor(900)])
    judge = FileJudge(open_recipe(str(trained.folder)))
    assert judge.verdict(part)["verdict"] == "OK"
    with pytest.raises(BundleError, match="torn"):
        judge.verdict(sound)


def test_a_file_that_cannot_be_decoded_is_told_before_a_model_that_is_missing(trained: Recipe, tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"no sound")
    with pytest.raises(UnreadableError, match="not a sound file"):
        FileJudge(trained)(tmp_path / "x.wav", "upload.wav")


def test_a_recording_that_is_too_long_is_refused(heard: Recipe, tmp_path: Path) -> None:
    (file,) = write_sounds(tmp_path, [good_motor(900)])
    with pytest.raises(UnreadableError, match="upload: 4 s are longer than the limit of 3 s"):
        FileJudge(heard, longest=3.0)(file, "upload")


def test_sensitivity_is_refused_by_what_is_not_of_the_method_amulet(
    heard: Recipe, trained: Recipe, tmp_path: Path
) -> None:
    (file,) = write_sounds(tmp_path, [good_motor(900)])
    (part,) = write_parts(tmp_path, [77])
    for judge, what in ((FileJudge(heard), file), (FileJudge(trained), part)):
        with pytest.raises(UnreadableError, match="sensitivity is for"):
            judge(what, "upload", sensitivity=9.0)


def test_a_picture_that_cannot_be_trusted_keeps_its_scores_to_itself(trained: Recipe, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "dark.png"), np.zeros_like(good_part(1)))
    judge = ImageJudge(trained, read_bundle(trained.image_bundle))
    result = judge_picture_file(judge, tmp_path / "dark.png")
    assert (result.state, result.reason) == ("UNKNOWN", result.fault)
    assert "too dark" in result.fault and np.isfinite(result.judgement.density)
    said = picture_as_json(result, "dark.png", with_map=True)
    assert (said["score"], said["reason"], "map" in said) == (None, result.fault, False)


def test_the_current_judge_follows_its_recipe(trained: Recipe, tmp_path: Path) -> None:
    (part,) = write_parts(tmp_path, [77])
    current = CurrentFileJudge(trained.folder)
    first = current()
    assert first.verdict(part)["verdict"] == "OK"
    assert current() is first
    trained.image_bundle.write_bytes(b"torn")
    assert current() is not first
    with pytest.raises(BundleError):
        current().verdict(part)


def test_the_current_judge_follows_amulets_model(trained: Recipe, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_bytes(b"1")
    current = CurrentFileJudge(trained.folder, tmp_path / "model")
    first = current()
    os.utime(tmp_path / "model" / "weights", (1, 1))
    second = current()
    assert second is not first and current() is second
    shutil.rmtree(tmp_path / "model")
    assert current() is not second


def test_amulets_answer_names_the_anomalous_rows() -> None:
    windows = [
        {"start": 0.0, "end": 1.0, "score": 1.5, "anomaly": True},
        {"start": 0.1, "end": 1.1, "score": 0.5, "anomaly": False},
    ]
    said = {"verdict": "ANOMALY", "windows": windows, "method": "spectrum"}
    assert analysis_of(said) == {"Analysis": [{"Anomaly": True, "seconds": "0.0-1.0", "value": 1.5}]}
    (row,) = analysis_of(said | {"method": "amulet"})["Analysis"]
    assert row["seconds"] == "0.9-1.0"
    assert analysis_of(said | {"verdict": "OK"}) == {"Analysis": [{"Anomaly": NOTHING_FOUND}]}
    quiet = [one | {"anomaly": False} for one in windows]
    assert analysis_of(said | {"windows": quiet})["Analysis"][0]["value"] == 1.5  # as a whole it is worse than each


def test_a_recording_of_another_rate_is_judged_too(heard: Recipe, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.wav", np.random.default_rng(1).normal(0, 0.1, (3 * 44_100, 2)), 44_100)
    assert RATE != 44_100
    said = FileJudge(heard).verdict(tmp_path / "x.wav")
    assert said["windows"][-1]["end"] == pytest.approx(3.0, abs=0.11)
