"""Teaching sound, learning from it and judging files, as a technician types it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from core.bundle import read_bundle
from core.recipes.recipe import Recipe, new_recipe, open_recipe
from core.sources.simulated.motor import RATE
from tests.support.parts import good_part, goodpart, goodpart_here, odd_part, write_parts
from tests.support.sounds import faulty_motor, good_motor, noise, write_sounds

User = dict[str, str]


def scored(
    recipe: Recipe, user: User, *paths: Path, options: Sequence[str | Path] = ()
) -> tuple[int, list[dict[str, Any]]]:
    done = goodpart_here(["score", recipe.folder, *paths, "--json", *options], user)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_the_whole_job_by_ear(tmp_path: Path, user: User) -> None:
    write_sounds(tmp_path / "good", (good_motor(number) for number in range(20)))
    recipe = tmp_path / "motor"
    assert goodpart(["new", recipe], user).returncode == 0
    taught = goodpart(["teach", recipe, "--sound", tmp_path / "good"], user)
    assert taught.returncode == 0, taught.stderr
    assert "20 recordings added, 0 refused, 0 already known" in taught.stdout
    assert "motor holds 20 good recordings, 1.3 minutes" in taught.stdout
    again = goodpart(["teach", recipe, "--sound", tmp_path / "good"], user)
    assert "0 recordings added, 0 refused, 20 already known" in again.stdout
    trained = goodpart(["train", recipe], user)
    assert trained.returncode == 0, trained.stderr
    assert "learnt from 20 good recordings (1.3 minutes)" in trained.stdout
    assert "sound: method spectrum, rule sum; false-alarm target 5 %" in trained.stdout
    sounds = write_sounds(tmp_path / "others", [good_motor(300), faulty_motor("bearing", number=301)])
    code, (good, bad) = scored(open_recipe(str(recipe)), user, *sounds)
    assert code == 1
    assert (good["verdict"], bad["verdict"]) == ("OK", "ANOMALY")
    assert good["score"] < bad["score"]
    watched = goodpart(["watch", recipe, "--microphone", sounds[1], "--headless", "--for", "5"], user)
    said = [json.loads(line) for line in watched.stdout.splitlines()]
    assert {one["verdict"] for one in said} == {"UNKNOWN", "ANOMALY"}
    assert next(one for one in said if one["verdict"] == "ANOMALY")["sound"]["density"] is not None
    assert "image" not in said[-1]
    lower = goodpart(["calibrate", recipe, "--false-alarms", "0.2"], user)
    assert lower.returncode == 0, lower.stderr
    assert "sound: density threshold" in lower.stdout


CONTRACT = {
    "path", "kind", "verdict", "score", "density", "density_threshold", "reconstruction_error",
    "reconstruction_error_threshold", "p_value", "reason",
}  # fmt: skip


def test_a_recording_is_told_by_windows_and_stretches(heard: Recipe, user: User, tmp_path: Path) -> None:
    mixed = np.concatenate(
        [good_motor(400, 5.0), faulty_motor("whistle", seconds=5.0, number=400), good_motor(400, 5.0)]
    )
    (file,) = write_sounds(tmp_path / "mixed", [mixed])
    code, (said,) = scored(heard, user, file)
    assert code == 1
    assert set(said) == CONTRACT | {"windows", "stretches"}
    assert (said["kind"], said["verdict"]) == ("sound", "ANOMALY")
    assert len(said["windows"]) == 140
    assert set(said["windows"][0]) == {"start", "end", "score", "anomaly"}
    assert said["windows"][0]["end"] == 1.1
    assert said["windows"][-1]["end"] == 15.0
    worst = max(said["stretches"], key=lambda stretch: stretch["peak"])
    assert 3.9 <= worst["start"] <= 6.5
    assert 9.0 <= worst["end"] <= 12.0
    assert worst["head"]
    text = goodpart_here(["score", heard.folder, file], user)
    assert "ANOMALY" in text.stdout.splitlines()[0]
    assert "peak" in text.stdout.splitlines()[1]


def test_what_cannot_be_trusted_is_unknown_by_name(heard: Recipe, user: User, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    sounds = {
        "silence": np.zeros(4 * RATE), "square": np.sign(good_motor(1)), "short": good_motor(1)[:RATE],
        "offset": good_motor(1) + 0.3,
    }  # fmt: skip
    for name, sound in sounds.items():
        soundfile.write(folder / f"{name}.wav", sound, RATE, "FLOAT")
    soundfile.write(folder / "nan.wav", np.where(good_motor(1) > 0.02, np.nan, 0.0), RATE, "FLOAT")
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.wav").write_text("no sound")
    whole = (folder / "offset.wav").read_bytes()
    (folder / "torn.wav").write_bytes(whole[: len(whole) // 2])
    code, said = scored(heard, user, folder)
    assert code == 3
    told = {Path(one["path"]).stem: (one["verdict"], one["reason"]) for one in said}
    words = {
        "silence": "silent", "square": "clipping", "short": "shorter than a window", "offset": "offset",
        "nan": "not numbers", "empty": "0 bytes", "text": "not a sound file", "torn": "broken off",
    }  # fmt: skip
    for name, word in words.items():
        # What differs from the good may also be called; it is never OK.
        assert told[name][0] in ("UNKNOWN", "ANOMALY"), told[name]
        assert told[name][0] == "ANOMALY" or word in told[name][1], told[name]
    assert {told[name][0] for name in ("short", "nan", "empty", "text", "torn", "silence")} <= {"UNKNOWN", "ANOMALY"}
    assert all(set(one) >= CONTRACT for one in said)


def test_a_plot_shows_where_it_is(heard: Recipe, user: User, tmp_path: Path) -> None:
    sounds = write_sounds(tmp_path / "s", [good_motor(1), faulty_motor("rub")])
    done = goodpart_here(["score", heard.folder, sounds[1], "--plot", tmp_path / "one.png"], user)
    assert done.returncode == 1
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    goodpart_here(["score", heard.folder, tmp_path / "s", "--plot", tmp_path / "all"], user)
    assert {path.name for path in (tmp_path / "all").iterdir()} == {"motor000.png", "motor001.png"}


def test_each_kind_is_judged_by_its_model_and_without_one_it_is_unknown(
    heard: Recipe, trained: Recipe, user: User, tmp_path: Path
) -> None:
    folder = tmp_path / "both"
    write_sounds(folder, [good_motor(1)])
    write_parts(folder, [1])
    code, said = scored(heard, user, folder)
    assert code == 3
    assert {one["kind"]: one["verdict"] for one in said} == {"image": "UNKNOWN", "sound": "OK"}
    assert any("has learnt no pictures" in one["reason"] for one in said)
    code, said = scored(trained, user, folder)
    assert {one["kind"]: one["verdict"] for one in said} == {"image": "OK", "sound": "UNKNOWN"}


def test_teaching_refuses_by_name_splits_and_goes_on(tmp_path: Path, user: User) -> None:
    recipe = new_recipe(str(tmp_path / "motor"))
    folder = tmp_path / "stick"
    write_sounds(folder, [good_motor(1, 10.0), good_motor(2, 3.0)])
    (folder / "bad.wav").write_text("no sound")
    soundfile.write(folder / "short.wav", good_motor(3)[:8000], RATE)
    soundfile.write(folder / "wide.flac", noise(2.0, 44100).reshape(-1, 2), 44100)
    done = goodpart_here(["teach", recipe.folder, "--sound", folder, "--split", "3"], user)
    assert done.returncode == 3
    refused = [line for line in done.stderr.splitlines() if line.startswith("refused: ")]
    assert len(refused) == 3
    assert all(name in done.stderr for name in ("bad.wav", "short.wav", "wide.flac"))
    names = sorted(path.name for path in recipe.good_sound.iterdir())
    assert names == [
        "000001-motor000-1.wav", "000002-motor000-2.wav", "000003-motor000-3.wav", "000004-motor001.wav",
    ]  # fmt: skip
    lengths = [soundfile.info(recipe.good_sound / name).duration for name in names]
    assert lengths == pytest.approx([3.0, 3.0, 4.0, 3.0])
    put_aside = goodpart_here(["teach", recipe.folder, "--sound", folder / "motor001.wav", "--defect", "--link"], user)
    assert put_aside.returncode == 0
    assert (recipe.defect_sound / "000001-motor001.wav").is_symlink()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "there is nothing to teach"),
        (["--split", "3", "--images", "x"], "--split cuts sound"),
        (["--sound", "x", "--split", "3", "--link"], "leave one of them out"),
        (["--sound", "nothing-here"], "there is no such file"),
    ],
)
def test_what_cannot_be_taught_is_said(tmp_path: Path, user: User, options: list[str], words: str) -> None:
    recipe = new_recipe(str(tmp_path / "motor"))
    done = goodpart_here(["teach", recipe.folder, *options], user)
    assert done.returncode == 2
    assert words in done.stderr


def test_too_little_sound_is_not_learnt_from(tmp_path: Path, user: User) -> None:
    recipe = new_recipe(str(tmp_path / "motor"))
    write_sounds(recipe.good_sound, [good_motor(1), good_motor(2)])
    done = goodpart_here(["train", recipe.folder], user)
    assert done.returncode == 2
    assert "8 s of good sound; training needs at least 20 s" in done.stderr
    assert not recipe.sound_bundle.exists()


def test_pictures_and_sound_are_learnt_together_and_share_the_budget(tmp_path: Path, user: User) -> None:
    recipe = new_recipe(str(tmp_path / "pump"))
    write_parts(recipe.good_images, range(40))
    write_sounds(recipe.good_sound, (good_motor(number, 3.0) for number in range(12)))
    done = goodpart_here(["train", recipe.folder, "--false-alarms", "0.1"], user)
    assert done.returncode == 0, done.stderr
    assert "learnt from 40 good pictures" in done.stdout
    assert "learnt from 12 good recordings" in done.stdout
    assert "provisional: so little sound supports 7.7 % or more" in done.stdout
    settings = open_recipe(str(recipe.folder)).settings
    assert settings.verdict.false_alarms == 0.1
    assert settings.image.thresholds.by == settings.sound.thresholds.by == "calibrated for 5 % false alarms"
    assert settings.sound.thresholds.model == read_bundle(recipe.sound_bundle).id
    folder = tmp_path / "new"
    write_sounds(folder, [good_motor(77)])
    write_parts(folder, [7], odd_part)
    code, said = scored(recipe, user, folder)
    assert code == 1
    assert {one["kind"]: one["verdict"] for one in said} == {"image": "ANOMALY", "sound": "OK"}
    assert good_part(7).shape == odd_part(7).shape
