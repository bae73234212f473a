"""AMULET's DCGAN: its data set, what its training keeps, what it measures."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest

from core.errors import GoodpartError, UnreadableError
from models.dcgan.dataset import (
    Pixels,
    find_material,
    pictures_of,
    read_dataset,
    read_material,
    seconds_of,
    write_dataset,
)
from models.dcgan.detection import Detection, Judged
from models.dcgan.evaluation import area, best, sweep
from models.dcgan.networks import Gan
from models.dcgan.training import (
    Checkpoint,
    Course,
    batches,
    checkpoints,
    fit,
    load,
    newest_checkpoint,
    read_checkpoint,
    sheet,
)
from tests.support.data import ROOT, data_folder
from tests.support.sounds import good_motor, write_sounds

QUICK = Course(epochs=4, iterations=2, batch=4)


def quiet(*_: object) -> None:
    pass


def drawn_pictures() -> Pixels:
    return np.random.default_rng(0).uniform(0, 1, (12, 20, 44, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def pictures() -> Pixels:
    return drawn_pictures()


def place(folder: Path) -> Path:
    for name in ("checkpoints", "samples"):
        (folder / name).mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def whole(pictures: Pixels, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Gan]:
    """A training that nothing interrupted: its folder, which nobody changes, and its networks."""
    folder = place(tmp_path_factory.mktemp("whole") / "run")
    return folder, fit(pictures, QUICK, quiet, folder)


@pytest.fixture
def run(whole: tuple[Path, Gan], tmp_path: Path) -> Path:
    """A folder of its own with the newest checkpoint of that training."""
    folder, newest = place(tmp_path / "run"), newest_checkpoint(whole[0])
    assert newest is not None
    shutil.copy(newest, folder / "checkpoints")
    return folder


def test_a_second_is_the_mfcc_that_amulet_published() -> None:
    folder = data_folder("sound/amulet")
    with np.load(folder / "good_mfcc_1s_20x44.npz") as golden:
        published = [golden[f"good_{start}"] for start in range(0, 5 * 22050, 22050)]
    found = seconds_of(folder / "wav" / "good.wav")
    assert [one.start for one in found] == list(range(0, 5 * 22050, 22050))
    for one, wanted in zip(found, published, strict=True):
        # Its resampler is another one; the numbers reach from -360 to 115.
        assert np.abs(one.mfcc - wanted).max() < 2.0
        assert np.corrcoef(one.mfcc.ravel(), wanted.ravel())[0, 1] > 0.9995


def test_a_data_set_is_written_and_read_again(tmp_path: Path) -> None:
    write_sounds(tmp_path / "a", [good_motor(1, 3.5)])
    write_sounds(tmp_path / "b", [good_motor(2, 2.0)])
    files = find_material([tmp_path / "a", tmp_path / "b"])
    count, refused = write_dataset(files, tmp_path / "set", "train", quiet)
    assert (count, refused) == (5, [])
    lines = (tmp_path / "set" / "train_list.txt").read_text().splitlines()
    assert lines[:3] == [f"train/motor000_{start}.npy" for start in (0, 22050, 44100)]
    assert len(set(lines)) == 5, "files of one name in two folders are two"
    again = read_dataset(tmp_path / "set", "train")
    first = [one.mfcc for file in files for one in seconds_of(file)]
    assert all(np.array_equal(one.mfcc, mfcc) for one, mfcc in zip(again, first, strict=True))
    png = cv2.imread(str(tmp_path / "set" / "train" / "motor000_0.png"))
    assert np.array_equal(png[:, :, ::-1], np.rint(255 * pictures_of(again)[0]).astype(np.uint8))


def test_what_is_no_sound_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    write_sounds(tmp_path, [good_motor(1, 2.0), good_motor(2, 0.5)])
    (tmp_path / "text.wav").write_text("no sound")
    np.save(tmp_path / "small.npy", np.zeros((3, 3)))
    np.save(tmp_path / "nan.npy", np.full((20, 44), np.nan))
    seconds, refused = read_material(find_material([tmp_path]), quiet)
    assert len(seconds) == 2
    assert sorted(Path(text.split(":")[0]).name for text in refused) == [
        "motor001.wav", "nan.npy", "small.npy", "text.wav",
    ]  # fmt: skip
    with pytest.raises(UnreadableError, match="shorter than the second"):
        read_material([tmp_path / "motor001.wav"], quiet)


def test_a_pickled_file_is_not_opened(tmp_path: Path) -> None:
    np.save(tmp_path / "bad.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(UnreadableError, match="not a stored MFCC"):
        seconds_of(tmp_path / "bad.npy")


def test_a_data_set_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(GoodpartError, match="goodpart dcgan dataset --input-dir GOOD"):
        read_dataset(tmp_path, "train")
    (tmp_path / "train_list.txt").write_text("\n")
    with pytest.raises(GoodpartError, match="lists nothing"):
        read_dataset(tmp_path, "train")


@pytest.mark.parametrize("count", [10, 64, 500])
def test_an_epoch_shows_every_picture_before_any_again(count: int) -> None:
    order = batches(count, Course(), 3).ravel()
    assert order.shape == (320,)
    seen = np.bincount(order, minlength=count)
    assert seen.max() - seen.min() <= 1
    assert not np.array_equal(order, batches(count, Course(), 4).ravel())


SECOND = """
import sys
from dataclasses import replace
from pathlib import Path
from models.dcgan.training import fit
from tests.models.dcgan.test_dcgan import QUICK, drawn_pictures
fit(drawn_pictures(), replace(QUICK, epochs=2), lambda *_: None, Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training in another process that ended after two epochs."""
    folder = place(tmp_path_factory.mktemp("elsewhere") / "run")
    subprocess.run([sys.executable, "-c", SECOND, str(folder)], cwd=ROOT, capture_output=True, check=True)
    return folder


def assert_same(one: Checkpoint, other: Checkpoint) -> None:
    assert one.losses == other.losses
    assert one.state.keys() == other.state.keys()
    assert all(np.array_equal(one.state[name], other.state[name]) for name in one.state)


@pytest.mark.slow
def test_the_same_seed_in_another_process_is_the_same(whole: tuple[Path, Gan], elsewhere: Path) -> None:
    assert_same(*(read_checkpoint(folder / "checkpoints" / "epoch-0002.npz") for folder in (whole[0], elsewhere)))


@pytest.mark.slow
def test_an_interrupted_training_ends_where_an_uninterrupted_one_does(
    whole: tuple[Path, Gan], elsewhere: Path, tmp_path: Path, pictures: Pixels
) -> None:
    folder, parts = whole[0], Path(shutil.copytree(elsewhere, tmp_path / "parts"))
    told: list[int] = []
    gan = fit(pictures, QUICK, lambda epoch, _loss: told.append(epoch), parts)
    assert told == [3, 4], "the two epochs that were learnt are not learnt again"
    one, other = (read_checkpoint(at / "checkpoints" / "epoch-0004.npz") for at in (folder, parts))
    assert_same(one, other)
    assert len(one.losses) == 4
    drawn = load(folder).draw(5, 0)
    assert np.array_equal(drawn, gan.draw(5, 0))
    assert drawn.shape == (5, 20, 44, 3)
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert {path.name for path in (folder / "samples").iterdir()} == {f"epoch-000{n}.png" for n in (1, 2, 3, 4)}


@pytest.mark.slow
def test_what_was_learnt_moved_both_networks(whole: tuple[Path, Gan], pictures: Pixels) -> None:
    """Neither is as it was drawn at random."""
    gan = whole[1]
    fresh = fit(pictures, replace(QUICK, epochs=0), quiet)
    assert not np.array_equal(fresh.draw(5, 0), gan.draw(5, 0))
    assert not np.array_equal(fresh.realness(pictures), gan.realness(pictures))
    other_seed = fit(pictures, replace(QUICK, seed=1, epochs=0), quiet)
    assert not np.array_equal(other_seed.draw(5, 0), fresh.draw(5, 0))


@pytest.mark.slow
def test_a_folder_of_another_training_is_left_alone(run: Path, pictures: Pixels) -> None:
    before = newest_checkpoint(run)
    assert before is not None
    content = before.read_bytes()
    with pytest.raises(GoodpartError, match="another --output-dir"):
        fit(pictures[1:], QUICK, quiet, run)
    with pytest.raises(GoodpartError, match="other sound or settings"):
        fit(pictures, replace(QUICK, seed=9), quiet, run)
    assert [path.read_bytes() for path in checkpoints(run)] == [content]


@pytest.mark.slow
def test_only_the_newest_checkpoints_stay(whole: tuple[Path, Gan]) -> None:
    assert [path.name for path in checkpoints(whole[0])] == [f"epoch-000{n}.npz" for n in (2, 3, 4)]


@pytest.mark.slow
def test_a_torn_checkpoint_is_refused(run: Path) -> None:
    (path,) = checkpoints(run)
    data = path.read_bytes()
    for torn in (data[: len(data) // 2], b"", b"no checkpoint", data[:5000] + b"\0" * 5000 + data[10000:]):
        path.write_bytes(torn)
        with pytest.raises(UnreadableError, match="damaged or not a checkpoint"):
            load(run)
    np.savez(path, about=np.array("{}"))
    with pytest.raises(UnreadableError, match="damaged or not a checkpoint"):
        load(path)
    path.unlink()
    with pytest.raises(GoodpartError, match="no checkpoint here"):
        load(run)


def test_too_little_sound_is_too_little(pictures: Pixels) -> None:
    with pytest.raises(GoodpartError, match="9 seconds of sound are too few"):
        fit(pictures[:9], QUICK, quiet)


def test_sample_pictures_stand_in_rows() -> None:
    many = np.arange(16, dtype=np.float32)[:, None, None, None] * np.ones((1, 20, 44, 3), np.float32)
    grid = sheet(many)
    assert grid.shape == (80, 176, 3)
    assert [grid[0, 0, 0], grid[0, 44, 0], grid[20, 0, 0], grid[79, 175, 0]] == [0, 1, 4, 15]


# What it measures.


class ByHand:
    """Networks whose drawings and logits the test decides."""

    def __init__(self, drawn: Pixels) -> None:
        self._drawn = drawn

    def draw(self, count: int, _seed: int) -> Pixels:
        return self._drawn[:count]

    def realness(self, pictures: Pixels) -> Pixels:
        return pictures[:, 0, 0, 0]


def measured(drawn: Pixels, pictures: Pixels) -> Judged:
    return Detection(cast(Gan, ByHand(drawn)), len(drawn)).judge(pictures)


def test_the_measure_is_the_largest_difference_of_a_colour_to_the_nearest_drawing(pictures: Pixels) -> None:
    real = np.full((1, 20, 44, 3), 0.5, np.float32)
    near, far = real + np.float32(0.1), real.copy()
    near[0, 7, 30, 1] = 0.5 - 0.25  # downwards counts as well
    far[0, 19, 43, 2] = 0.5 + 0.375  # a single colour of a single pixel, all others being equal
    drawn = np.concatenate([far, near, pictures])
    assert measured(far, real).difference.tolist() == [0.375]
    assert measured(near, real).difference.tolist() == [0.25]
    assert measured(drawn, real).difference.tolist() == [0.25], "nearer than the one with fewer differences"
    assert measured(drawn[::-1], real).difference.tolist() == [0.25], "in whatever order they are drawn"
    assert measured(real, real).difference.tolist() == [0.0]
    # Each picture for itself, and as it says by hand.
    by_hand = [min(float(np.abs(one - other).max()) for other in drawn) for one in pictures[3:6] / 2]
    assert measured(drawn, pictures[3:6] / 2).difference.tolist() == pytest.approx(by_hand)


def test_what_the_discriminator_finds_less_real_is_more_anomalous(pictures: Pixels) -> None:
    found = measured(pictures, pictures)
    assert np.array_equal(found.discriminator, -pictures[:, 0, 0, 0].astype(np.float64))


# The networks, as they are described.


def test_the_layers_are_those_of_the_seed() -> None:
    gan = Gan(0, 4)

    def shapes(network: Any) -> list[tuple[int, ...]]:
        return [tuple(layer.output.shape[1:]) for layer in network.layers]

    assert shapes(gan.generator) == [
        (5 * 11 * 256,), (5 * 11 * 256,), (5, 11, 256), *[(10, 22, 128)] * 3, *[(20, 44, 64)] * 3, (20, 44, 3),
    ]  # fmt: skip
    assert shapes(gan.discriminator) == [*[(10, 22, 64)] * 3, *[(5, 11, 128)] * 3, (5 * 11 * 128,), (1,)]
    dense, convolution, normalised = (
        lambda of, to: of * to + to, lambda of, to: 5 * 5 * of * to + to, lambda of: 4 * of,
    )  # fmt: skip
    assert gan.generator.count_params() == (
        dense(100, 5 * 11 * 256) + convolution(256, 128) + normalised(128) + convolution(128, 64) + normalised(64)
        + convolution(64, 3)
    ) == 2_451_843  # fmt: skip
    assert gan.discriminator.count_params() == (
        convolution(3, 64) + normalised(64) + convolution(64, 128) + normalised(128) + dense(5 * 11 * 128, 1)
    ) == 217_601  # fmt: skip
    for network in (gan.generator, gan.discriminator):
        leaks = [layer.negative_slope for layer in network.layers if hasattr(layer, "negative_slope")]
        assert leaks == pytest.approx([0.2] * len(leaks)) and len(leaks) >= 2
    assert gan.generator.layers[-1].activation.__name__ == "tanh"
    assert gan.discriminator.layers[-1].activation.__name__ == "linear", "a logit"
    of_generator, of_discriminator = gan._optimisers
    assert [float(one.learning_rate) for one in gan._optimisers] == pytest.approx([2e-4, 2e-5])
    assert (of_generator.beta_1, of_discriminator.beta_1) == (0.5, 0.5)
    assert {type(one).__name__ for one in gan._optimisers} == {"Adam"}


def test_a_step_has_the_losses_of_the_paper_and_one_smoothed_label(pictures: Pixels) -> None:
    import tensorflow as tf

    gan = Gan(5, 4)

    def draw(kind: Any, shape: Any, step: int, which: int, *limits: float) -> Any:
        return kind(shape, [5, 4 * step + which], *limits)

    labels = [float(draw(tf.random.stateless_uniform, (), step, 1, 0.9, 1.0)) for step in range(100)]
    assert 0.9 <= min(labels) < 0.91 and 0.99 < max(labels) <= 1.0
    # By hand, before the step moves the networks.
    noise = draw(tf.random.stateless_uniform, (4, 100), 7, 0, -1.0, 1.0)
    real = 2 * pictures[:4] - 1 + draw(tf.random.stateless_normal, (4, 20, 44, 3), 7, 2, 0.0, 0.1)
    before = gan.state()
    on_real = gan.discriminator(real, training=True).numpy()
    on_drawn = gan.discriminator(gan.generator(noise, training=True), training=True).numpy()
    gan.restore(before)

    def entropy(label: float, logits: Any) -> float:
        real_share = 1 / (1 + np.exp(-logits.astype(np.float64)))
        return float(-(label * np.log(real_share) + (1 - label) * np.log(1 - real_share)).mean())

    wanted = entropy(1.0, on_drawn), entropy(labels[7], on_real) + entropy(0.0, on_drawn)
    assert gan.learn(pictures[None, :4], 7) == pytest.approx(wanted, rel=1e-4)


def test_the_sweep_is_the_curve() -> None:
    curve = sweep(np.array([1.0, 2.0, 3.0]), np.array([2.5, 4.0]))
    assert curve[0, 1:].tolist() == [1.0, 1.0]
    assert curve[-1, 1:].tolist() == [0.0, 0.0]
    # Five of the six pairs are in order.
    assert area(curve) == pytest.approx(5 / 6)
    assert best(curve) == (2.0, pytest.approx(1 / 3), 1.0)
    same = sweep(np.ones(4), np.ones(3))
    assert area(same) == 0.5
