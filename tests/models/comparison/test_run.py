"""A contest is held on the same folds for every method, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import models.comparison.run
from core.evaluation.comparison import Comparison, contest_file, figures, read_contest
from core.methods import candidates_of
from core.recipes.recipe import Recipe, open_recipe
from core.runtime.training_process import parse_progress
from models.comparison.candidate import Alarm, TrivialModel
from models.comparison.material import look_through
from models.comparison.run import ComparisonProgress, ComparisonRequest, bounded, chosen
from models.folds import make_folds
from models.progress import ProgressReporter
from tests.support.learning import learn_here
from tests.support.parts import ROOT, good_part, make_recipe, odd_part, write_parts
from tests.support.sounds import faulty_motor, good_motor, make_motor_recipe, write_sounds

User = Mapping[str, str]


def compare(recipe: Recipe, env: User, **job: Any) -> tuple[int, dict[str, Any]]:
    """The exit code and the last words of `python -m models.comparison.run`. Its input stays open until it ends."""
    sense = job.pop("sense", "image")
    with subprocess.Popen(
        [sys.executable, "-m", "models.comparison.run", str(recipe.folder), json.dumps({"sense": sense, **job})],
        env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout
        assert child.stderr
        lines = child.stdout.read().splitlines()
        errors = child.stderr.read()
        code = child.wait(60)
    assert "Traceback" not in errors, errors
    assert all(parse_progress(json.loads(line)) is not None for line in lines)
    said: dict[str, Any] = json.loads(lines[-1])
    return code, said


def refusal(recipe: Recipe, env: User, **job: Any) -> str:
    done = learn_here(models.comparison.run, [recipe.folder, json.dumps({"sense": "image", **job})], env)
    assert done.returncode == 2
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert said["state"] == "failed"
    return str(said["message"])


def held(recipe: Recipe, sense: Any = "image") -> Comparison:
    return read_contest(contest_file(recipe, sense))


@pytest.fixture
def pump(tmp_path: Path) -> Recipe:
    recipe = make_recipe(tmp_path / "pump", 30)
    write_parts(recipe.defect_images, range(100, 108), odd_part)
    return recipe


def test_pictures_are_compared_on_the_same_folds(pump: Recipe, user: User) -> None:
    before = pump.toml.read_bytes()
    code, said = compare(pump, user, methods=["features", "filter bank"], folds=3)
    assert (code, said["state"]) == (0, "done"), said
    contest = held(pump)
    assert [entry.method for entry in contest.entries] == [
        "features", "filter bank", "brightness", "contrast", "file size",
    ]  # fmt: skip
    assert (len(contest.good), len(contest.defects), sorted(set(contest.fold))) == (30, 8, [0, 1, 2])
    for entry in contest.entries:
        assert (len(entry.good), len(entry.defect), len(entry.defect[0])) == (30, 3, 8)
    features, bank = contest.entry("features"), contest.entry("filter bank")
    assert figures(contest, features).auroc.value > 0.95
    assert figures(contest, features).misses.value < 0.2
    # Without a backbone the two are one: they learnt from the same pictures.
    assert features.good == bank.good
    assert features.defect == bank.defect
    assert 0 < features.milliseconds < 1000  # type: ignore[operator]
    assert 30 < features.megabytes < 400  # type: ignore[operator]
    assert np.asarray(features.worst[0].map).shape == (14, 14)
    assert [case.defective for case in features.worst] == [True] * 3 + [False] * 3
    assert pump.toml.read_bytes() == before
    assert not pump.image_bundle.exists()


def test_recordings_are_compared_as_a_whole(tmp_path: Path, user: User) -> None:
    recipe = make_motor_recipe(tmp_path / "motor", 12)
    write_sounds(recipe.defect_sound, (faulty_motor("bearing", number=900 + number) for number in range(5)))
    code, said = compare(recipe, user, sense="sound", methods=["spectrum"], folds=2)
    assert (code, said["state"]) == (0, "done"), said
    contest = held(recipe, "sound")
    assert [entry.method for entry in contest.entries] == ["spectrum", "level", "log-mel mean |z|"]
    spectrum = contest.entry("spectrum")
    assert figures(contest, spectrum).auroc.value > 0.9
    trace = spectrum.worst[0].trace
    assert trace is not None
    assert trace[0][0] == pytest.approx(1.1)
    assert trace[-1][0] == pytest.approx(4.0)
    level = contest.entry("level")
    assert (level.milliseconds, level.worst[0].trace) == (None, None)
    assert level.good != spectrum.good


def test_methods_without_tensorflow_are_left_out_unless_they_are_named(pump: Recipe, user: User) -> None:
    code, _ = compare(pump, user, folds=2)
    assert code == 0
    contest = held(pump)
    assert "seed" not in [entry.method for entry in contest.entries]
    assert "seed was left out: the method seed learns with TensorFlow" in contest.refused[0]
    code, said = compare(pump, user, folds=2, methods=["seed"])
    assert (code, said["state"]) == (2, "failed")
    assert said["message"].startswith("seed: the method seed learns with TensorFlow")
    assert held(pump) == contest, "the last contest stays"


def test_too_little_is_refused_in_words(tmp_path: Path, user: User) -> None:
    recipe = make_recipe(tmp_path / "pump", 5)
    said = refusal(recipe, user)
    assert "no known defects" in said
    assert "`goodpart teach pump --images PATH --defect`" in said
    write_parts(recipe.defect_images, range(100, 103), odd_part)
    assert "5 good pictures are too few" in refusal(recipe, user)
    for copy in range(20):
        shutil.copy(recipe.good_images / "part0.png", recipe.good_images / f"copy{copy}.png")
    for number in range(1, 5):
        (recipe.good_images / f"part{number}.png").unlink()
    assert "21 good pictures, of which only 1 are not near-duplicates, are too few" in refusal(recipe, user)
    assert "is not a method here" in refusal(recipe, user, methods=["spectrum"])
    (recipe.toml).write_text("nonsense = 1")
    assert compare(recipe, user)[0] == 2


def test_unreadable_files_are_passed_over_by_name(pump: Recipe) -> None:
    (pump.good_images / "text.png").write_text("no picture")
    (pump.defect_images / "empty.png").write_bytes(b"")
    found = look_through(pump, "image", ProgressReporter(open(os.devnull, "w")))  # noqa: PTH123, SIM115
    assert (len(found.good), len(found.defects)) == (30, 8)
    assert len(found.refused) == 2


def test_near_duplicates_stay_in_one_fold_and_on_one_side(pump: Recipe) -> None:
    quiet = ProgressReporter(open(os.devnull, "w"))  # noqa: PTH123, SIM115
    shutil.copy(pump.good_images / "part3.png", pump.good_images / "part30.png")
    bright = cv2.convertScaleAbs(odd_part(100), alpha=1.02, beta=2)
    cv2.imwrite(str(pump.defect_images / "again.png"), bright)
    found = look_through(pump, "image", quiet)
    assert found.group[3] == found.group[30]
    assert len(set(found.defect_group.tolist())) == 8
    assert found.twins == []
    fold = make_folds(found.group, 5)
    assert fold[3] == fold[30]
    cv2.imwrite(str(pump.defect_images / "slip.png"), good_part(7))
    assert look_through(pump, "image", quiet).twins == ["slip.png is nearly the same as the good part7.png"]


def test_a_recording_that_was_handed_over_twice_is_one(tmp_path: Path) -> None:
    recipe = make_motor_recipe(tmp_path / "motor", 6)
    again = good_motor(2)
    write_sounds(recipe.defect_sound, [faulty_motor("whistle"), 0.5 * again[:-8000]])
    found = look_through(recipe, "sound", ProgressReporter(open(os.devnull, "w")))  # noqa: PTH123, SIM115
    assert len(set(found.group.tolist())) == 6, "good motors are not one because they are alike"
    assert found.twins == ["motor001.wav is nearly the same as the good motor002.wav"]


def test_trivial_numbers_are_always_among_them() -> None:
    assert chosen(ComparisonRequest("image")) == list(candidates_of("image"))
    assert chosen(ComparisonRequest("sound", ["dcgan"])) == ["dcgan", "level", "log-mel mean |z|"]
    assert set(chosen(ComparisonRequest("sound"))) == set(candidates_of("sound"))


def test_an_alarm_level_is_that_of_held_out_scores() -> None:
    alarm = Alarm.of(np.arange(1.0, 101.0), 0.05)
    assert (alarm.share(alarm.typical), alarm.share(96.0)) == (0.0, 1.0)
    few = Alarm.of(np.arange(10.0), 0.05)
    assert few.level == 9.0
    assert "the highest of them" in few.notes[0]
    assert np.isfinite(Alarm.of(np.ones(5), 0.05).share(2.0))


def test_a_trivial_number_is_judged_by_the_others() -> None:
    taught = np.random.default_rng(0).normal(10, 2, 99)
    values = {Path("usual"): 10.0, Path("odd"): 30.0, Path("low"): -10.0}
    plain = TrivialModel(values.__getitem__, taught, 0.05)
    assert plain.judge(Path("usual")).share < 0.5
    assert plain.judge(Path("odd")).share > 2
    assert plain.judge(Path("low")).share > 2


def test_what_is_no_number_is_as_bad_as_can_be() -> None:
    assert bounded([0.5, float("nan"), float("inf")]).tolist() == [0.5, 1e6, 1e6]


def test_the_time_left_is_known_after_the_first_fold(tmp_path: Path) -> None:
    place = tmp_path / "progress"
    with place.open("w") as file:
        along = ComparisonProgress(ProgressReporter(file), ["a", "b"], 2)
        for fold in range(2):
            for method in "ab":
                along.begin(method, fold)
                along("learning", 1, 2, loss=0.5)
                along.end()
    said = [json.loads(line) for line in place.read_text().splitlines()]
    assert [one.get("seconds_left") is None for one in said if one["step"] < 2] == [True] * 4
    assert all(one["seconds_left"] >= 0 for one in said if one["step"] >= 2)
    assert said[-1]["phase"] == "2/2 b learning"


@pytest.mark.slow
def test_every_method_of_both_senses_takes_part(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    pump = make_recipe(tmp_path / "pump", 24)
    write_parts(pump.defect_images, range(100, 105), odd_part)
    code, said = compare(pump, environment, folds=2, epochs=1)
    assert code == 0, said
    assert [entry.method for entry in held(pump).entries] == list(candidates_of("image"))
    motor = make_motor_recipe(tmp_path / "motor", 10)
    write_sounds(motor.defect_sound, (faulty_motor("stop", number=900 + number) for number in range(5)))
    code, said = compare(open_recipe(str(motor.folder)), environment, sense="sound", folds=2, epochs=1, dcgan_epochs=1)
    assert code == 0, said
    contest = held(motor, "sound")
    assert [entry.method for entry in contest.entries] == list(candidates_of("sound"))
    one, other = contest.entry("dcgan"), contest.entry("dcgan discriminator")
    assert one.training_seconds == other.training_seconds > 0
    assert one.good != other.good
    assert one.worst[0].trace is not None
