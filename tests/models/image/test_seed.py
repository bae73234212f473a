"""The method `seed`: what it learns is what LiteRT judges with, twice the same, and can be cancelled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core.detectors.image.seed import ConvolutionalAutoencoder, SeedDetector, to_pixels
from core.features.image.picture import WHOLE, decode_picture
from models.base import ImageLesson, Learnt
from models.components.litert import to_litert
from models.folds import make_folds
from models.image import seed

COUNT = 24


def silent(phase: str, step: int, of: int, *, loss: float | None = None, validation_loss: float | None = None) -> None:
    pass


@pytest.fixture(scope="module")
def keras() -> Any:
    """Seconds to load, and so not with this module."""
    return pytest.importorskip("keras")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A bright disc on a dark ground, never quite in the same place."""
    folder = tmp_path_factory.mktemp("discs")
    rng = np.random.default_rng(0)
    paths = []
    for number in range(COUNT):
        picture = np.full((160, 160, 3), 40, np.uint8)
        x, y = (int(v) for v in rng.integers(70, 90, 2))
        cv2.circle(picture, (x, y), 40, (90, 160, 200), -1, cv2.LINE_AA)
        noisy = picture.astype(np.int16) + rng.integers(-6, 7, picture.shape)
        paths.append(folder / f"{number}.png")
        cv2.imwrite(str(paths[-1]), noisy.clip(0, 255).astype(np.uint8))
    return paths


@pytest.fixture(scope="module")
def lesson(pictures: list[Path]) -> ImageLesson:
    return ImageLesson(pictures, WHOLE, make_folds(np.arange(COUNT)), seed=3, epochs=2)


@pytest.fixture(scope="module")
def learnt(keras: Any, lesson: ImageLesson) -> Learnt:
    return seed.learn(lesson, silent)


def test_litert_gives_what_keras_gives(keras: Any, pictures: list[Path]) -> None:
    keras.utils.set_random_seed(1)
    model = seed.build(keras)
    network = ConvolutionalAutoencoder(to_litert(model, "pixels", ("reconstruction", "latent")))
    for path in pictures[:3]:
        pixels = to_pixels(decode_picture(path))
        theirs, latent_of_theirs = (np.asarray(output)[0] for output in model(pixels[None], training=False))
        reconstruction, latent = network.run(pixels)
        assert np.abs(reconstruction - theirs).max() <= 1e-5
        assert np.abs(latent - latent_of_theirs.ravel()).max() <= 1e-5 * max(1.0, float(np.abs(latent).max()))


def test_density_and_error_are_those_of_one_pass(learnt: Learnt, pictures: list[Path]) -> None:
    detector = SeedDetector(learnt.arrays, learnt.networks, learnt.settings)
    pixels = to_pixels(decode_picture(pictures[0]))
    reconstruction, latent = ConvolutionalAutoencoder(learnt.networks["autoencoder"]).run(pixels)
    scores = detector.judge(decode_picture(pictures[0]))
    assert scores.reconstruction_error == pytest.approx(float(np.mean((reconstruction - pixels) ** 2)), rel=1e-5)
    neighbors = pytest.importorskip("sklearn.neighbors")
    density = neighbors.KernelDensity(bandwidth=0.2).fit(learnt.arrays["latents"]).score_samples(latent[None])[0]
    assert scores.density == pytest.approx(density, rel=1e-6)
    assert scores.map.shape == (14, 14)


def test_thresholds_rest_on_pictures_that_were_not_learnt_from(learnt: Learnt, lesson: ImageLesson) -> None:
    held = seed.held_out(lesson.folds)
    assert len(learnt.arrays["latents"]) == COUNT - held.sum()
    assert len(learnt.held_out_density) == len(learnt.held_out_error) == held.sum() == COUNT // 2


@pytest.mark.parametrize("count", [5, 25, 38, 60, 100, 500])
def test_a_quarter_is_held_out_or_enough_for_five_percent(count: int) -> None:
    folds = make_folds(np.arange(count))
    held = seed.held_out(folds)
    wanted = max(count / 4, min(19, count // 2))
    assert wanted <= held.sum() < wanted + np.bincount(folds).max()


def test_the_same_seed_learns_the_same(learnt: Learnt, lesson: ImageLesson) -> None:
    again = seed.learn(lesson, silent)
    assert again.networks == learnt.networks
    assert all(np.array_equal(again.arrays[name], array) for name, array in learnt.arrays.items())
    assert np.array_equal(again.held_out_density, learnt.held_out_density)


def test_a_picture_of_something_else_is_less_dense(learnt: Learnt, pictures: list[Path]) -> None:
    detector = SeedDetector(learnt.arrays, learnt.networks, learnt.settings)
    odd = np.random.default_rng(5).integers(0, 256, (160, 160, 3)).astype(np.uint8)
    assert detector.judge(odd).density < learnt.held_out_density.min()


@pytest.mark.usefixtures("keras")
def test_learning_can_be_cancelled(lesson: ImageLesson) -> None:
    calls = 0

    def cancel(
        phase: str, step: int, of: int, *, loss: float | None = None, validation_loss: float | None = None
    ) -> None:
        nonlocal calls
        calls += phase == "autoencoder"
        if calls == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seed.learn(lesson, cancel)
    assert calls == 2
