"""The method `spectrum` is judged by models that did not learn from what they judge, and by plain LiteRT."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.bundle import read_bundle
from core.detectors.components.mahalanobis_ensemble import MahalanobisHead
from core.detectors.load import load_sound_detector
from core.detectors.sound.base import WindowScores
from core.features.sound.spectrum import RATE
from core.recipes.recipe import Recipe
from core.runtime.training_process import TrainingRun
from core.samples import Sound
from models.sound.sound_folds import make_sound_folds
from models.sound.spectrum import fit_head, scale_of
from tests.support.parts import ROOT, goodpart, learn_in_process, until
from tests.support.sounds import faulty_motor, good_motor


def judged(recipe: Recipe, sound: Sound, size: int = RATE) -> list[WindowScores]:
    detector = load_sound_detector(read_bundle(recipe.sound_bundle))
    return [window for at in range(0, len(sound), size) for window in detector.push(sound[at : at + size])]


def test_held_out_scores_come_from_models_that_did_not_learn_from_the_recording() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(300, 12)).astype(np.float32)
    fold = make_sound_folds(300)
    x[fold == 4, 0] += 50  # only one fold knows of this
    head, scores = fit_head(x, fold)
    assert scores[fold == 4].min() > 5 * scores[fold != 4].max()
    without = fit_head(x[fold != 4], fold[fold != 4])[0]
    assert head.centre.shape == (10, 12) and without.centre.shape == (9, 12)
    distance = head.distances(x[4])
    assert distance.argmax() == 4
    assert head.score(x[4]) == pytest.approx((distance.mean() - head.typical) / head.unit)


def test_the_distance_is_mahalanobis_of_the_shrunk_covariance_and_its_shares_add_up() -> None:
    random = np.random.default_rng(1)
    x = (random.normal(size=(400, 5)) @ random.normal(size=(5, 5)) + 3).astype(np.float32)
    head, _ = fit_head(x, np.arange(400) % 2)
    vector = x[0] + 2
    taught = x[np.arange(400) % 2 != 0].astype(np.float64)
    z = (taught - taught.mean(axis=0)) / (taught.std(axis=0) + 1e-3)
    covariance = z.T @ z / len(z)
    shrunk = covariance + np.eye(5) * np.linalg.eigvalsh(covariance).mean()
    far = (vector - taught.mean(axis=0)) / (taught.std(axis=0) + 1e-3)
    squared = far @ np.linalg.inv(shrunk) @ far / 5
    assert head.distances(vector)[0] ** 2 == pytest.approx(squared, rel=1e-4)
    assert head.shares(vector).sum() / 5 == pytest.approx(np.mean(head.distances(vector) ** 2), rel=1e-3)


def test_scores_are_told_in_units_of_the_good() -> None:
    typical, unit = scale_of(np.arange(101.0))
    assert (typical, unit) == (50.0, 40.0)
    assert scale_of(np.ones(5))[1] > 0


def test_a_head_is_the_same_from_a_bundle() -> None:
    head, _ = fit_head(np.random.default_rng(2).normal(size=(60, 4)).astype(np.float32), make_sound_folds(60))
    again = MahalanobisHead.from_arrays("raw", head.to_arrays("raw"))
    vector = np.ones(4, np.float32)
    assert again.score(vector) == head.score(vector)
    with pytest.raises(KeyError):
        MahalanobisHead.from_arrays("mod", head.to_arrays("raw"))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(37, 20_000))
def test_pieces_of_any_length_are_judged_alike(heard: Recipe, size: int) -> None:
    sound = faulty_motor("bearing", seconds=3.0)
    whole, pieces = judged(heard, sound, len(sound)), judged(heard, sound, size)
    assert [window.end for window in pieces] == [window.end for window in whole]
    for one, other in zip(pieces, whole, strict=True):
        assert one.density == pytest.approx(other.density, rel=1e-3, abs=1e-3)
        assert one.reconstruction_error == pytest.approx(other.reconstruction_error, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(
    ("fault", "heads"),
    [("bearing", {"modulation", "spectrum"}), ("whistle", {"tone", "spectrum"}), ("stop", {"spectrum", "modulation"})],
)
def test_what_is_said_of_a_fault_fits_it(heard: Recipe, fault: str, heads: set[str]) -> None:
    windows = judged(heard, faulty_motor(fault, seconds=4.0))  # type: ignore[arg-type]
    said = [window.head.split(",")[0].split(" ")[0] for window in windows]
    assert max(set(said), key=said.count) in heads
    assert all("Hz" in window.head for window in windows)
    good = judged(heard, good_motor(700))
    assert np.mean([w.density for w in windows]) < min(np.mean([w.density for w in good]), -1)


def test_the_same_sound_gives_the_same_model(heard: Recipe, user: dict[str, str]) -> None:
    done = learn_in_process(heard.folder, user, "--candidate")
    assert done.returncode == 0, done.stdout
    first, again = read_bundle(heard.sound_bundle), read_bundle(heard.candidate("sound"))
    assert first.arrays.keys() == again.arrays.keys()
    assert all(np.array_equal(first.arrays[name], again.arrays[name]) for name in first.arrays)
    assert np.array_equal(first.held_out.density, again.held_out.density)
    facts = first.facts
    assert (facts["kind"], facts["method"], facts["taught"]) == ("sound", "spectrum", 20)
    assert facts["settings"]["heads"] == ["raw", "mod", "tone"]
    assert any("TensorFlow" in note for note in facts["notes"])
    assert len(np.unique(first.held_out.recording)) == 20


def test_the_level_counts_where_it_is_asked_for(heard: Recipe, user: dict[str, str]) -> None:
    heard.change("sound", {"level": True})
    assert learn_in_process(heard.folder, user).returncode == 0
    bundle = read_bundle(heard.sound_bundle)
    assert bundle.facts["settings"]["heads"] == ["raw", "mod", "tone", "level"]
    louder = judged(heard, good_motor(700) * np.float32(2.5))
    heads = louder[-1].heads
    assert heads is not None and heads["level"] > 3


@pytest.mark.usefixtures("as_user_of_training")
def test_a_cancelled_training_leaves_the_old_model(heard: Recipe) -> None:
    before = heard.sound_bundle.read_bytes()
    run = TrainingRun(heard.folder, [], lambda _: None)
    assert until(lambda: run.state.phase in ("listening through", "listening", "density"), 20)
    run.cancel()
    assert run.wait(5).state in ("cancelled", "done")
    if run.state.state == "cancelled":
        assert heard.sound_bundle.read_bytes() == before
    assert not list(heard.folder.glob(".*tmp"))


@pytest.fixture
def as_user_of_training(user: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in user.items():
        monkeypatch.setenv(name, value)


def test_judging_sound_loads_neither_scipy_nor_librosa_nor_tensorflow(heard: Recipe, tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np; from core.recipes.recipe import open_recipe; from core.bundle import read_bundle;"
        "from core.inference.sound_judge import SoundJudge; import core.pipelines.sound;"
        f"r = open_recipe({str(heard.folder)!r}); judge = SoundJudge(r, read_bundle(r.sound_bundle));"
        "print(len(judge.push(np.zeros(40000, np.float32))));"
        "print({'scipy', 'librosa', 'tensorflow', 'sklearn', 'textual', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env={"PATH": "/usr/bin"}
    )
    assert done.stdout.split("\n")[:2] == ["15", "set()"]


@pytest.mark.slow
def test_the_network_in_litert_is_the_one_that_keras_taught() -> None:
    from core.runtime.litert import make_interpreter
    from models.sound.lstm_autoencoder import Run, fit

    z = np.random.default_rng(0).normal(size=(120, 10, 128)).astype(np.float32)
    network, drawn = fit(z[:100], z[100:], Run(0, epochs=2), lambda *_, **__: None)
    run = make_interpreter(network).get_signature_runner()
    ours = np.stack([next(iter(run(blocks=one[None]).values()))[0] for one in z[100:]])
    np.testing.assert_allclose(ours, drawn, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spectrum", "amulet"])
def test_a_recipe_learns_by_network_and_hears_a_stop(heard: Recipe, tmp_path: Path, method: str) -> None:
    """With TensorFlow, by either method; progress is JSON alone, whatever libraries print."""
    import os

    environment = dict(os.environ) | {"PYTHONPATH": str(ROOT)}
    done = learn_in_process(heard.folder, environment, "--sound-method", method, "--epochs", "8")
    assert done.returncode == 0, done.stdout[-2000:]
    assert all(json.loads(line)["state"] for line in done.stdout.splitlines())
    heard.change("sound", {"method": method})
    bundle = read_bundle(heard.sound_bundle)
    assert bundle.method == method
    import soundfile

    soundfile.write(tmp_path / "stop.wav", faulty_motor("stop", seconds=4.0), RATE)
    judged_file = goodpart(["score", heard.folder, tmp_path / "stop.wav", "--json"], environment)
    assert json.loads(judged_file.stdout)["verdict"] == "ANOMALY"
