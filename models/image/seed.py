"""Learns the method `seed`: the convolutional autoencoder of the original system, by gradient, with TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.decision.calibration import needed
from core.detectors.components.kde import GaussianKDE
from core.detectors.image.seed import BANDWIDTH, SIDE, ConvolutionalAutoencoder, Pixels, cell_errors, to_pixels
from core.errors import GoodpartError
from core.features.image.picture import crop, decode_picture
from models.base import ImageLesson, Learnt, Progress
from models.components.litert import to_litert

BATCH = 16
LEARNING_RATE = 2e-3
PICTURES_SEEN = 24_000
"""In all epochs together; some six minutes on two cores. The original system sees 448 000 in 1000 epochs, at one rate
for all of them: with a cosine schedule far fewer reach its error."""
PATIENCE = 12
"""Epochs without a better validation loss before learning stops."""


def learn(lesson: ImageLesson, progress: Progress) -> Learnt:
    """About a quarter of the pictures, in whole folds, is held out: neither network nor density learns from
    it. It stops the training and is what the thresholds rest on, so `held_out_*` are shorter than the pictures.
    (The best of some tens of epochs is chosen on it: a bias far smaller than its own uncertainty.)

    Raises GoodpartError when TensorFlow is not installed, and UnreadableError.
    """
    keras = _keras(lesson.seed)
    pixels = _load(lesson, progress)
    held = held_out(lesson.folds)
    model = build(keras)
    fit(keras, model, pixels[~held], pixels[held], lesson.epochs, progress)
    progress("writing", 0, 1)
    network = to_litert(model, "pixels", ("reconstruction", "latent"))
    autoencoder = ConvolutionalAutoencoder(network)
    latents = np.stack([autoencoder.run(one)[1] for one in pixels[~held]])
    density = GaussianKDE(latents, BANDWIDTH)
    squared, densities = [], []
    for step, one in enumerate(pixels[held]):
        progress("held out", step, int(held.sum()))
        reconstruction, latent = autoencoder.run(one)
        squared.append((reconstruction - one) ** 2)
        densities.append(density.log_density(latent))
    cells = np.stack([cell_errors(each) for each in squared])
    return Learnt(
        arrays={
            "latents": latents,
            "map_mean": cells.mean(axis=0),
            "map_sd": np.maximum(cells.std(axis=0), 0.1 * cells.mean() + 1e-9),
        },
        networks={"autoencoder": network},
        settings={"bandwidth": BANDWIDTH},
        held_out_density=np.array(densities),
        held_out_error=np.array([each.mean(dtype=np.float64) for each in squared]),
        notes=(f"{int(held.sum())} pictures were held out to stop the training and to calibrate",),
    )


def held_out(folds: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """(n,) which pictures are not learnt from: whole folds, a quarter of all, or up to half where fewer would not
    support a false-alarm rate of 5 %."""
    n = len(folds)
    want = max(n / 4, min(needed(0.05), n // 2))
    held = np.zeros(n, np.bool_)
    for fold in np.unique(folds)[::-1]:
        if held.sum() < want:
            held |= folds == fold
    return held


def _keras(seed: int) -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import keras
        import tensorflow as tf
    except ImportError as error:
        raise GoodpartError(
            "the method seed learns with TensorFlow, which is not installed: pip install 'goodpart[train]'"
        ) from error
    keras.utils.clear_session()  # names count up in a session, and are part of the file
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    return keras


def _load(lesson: ImageLesson, progress: Progress) -> Pixels:
    pixels = np.empty((len(lesson.pictures), SIDE, SIDE, 3), np.float32)
    for step, path in enumerate(lesson.pictures):
        progress("pictures", step, len(pixels))
        pixels[step] = _pixels_of(path, lesson.region)
    return pixels


def _pixels_of(path: Path, region: tuple[float, float, float, float]) -> Pixels:
    return to_pixels(crop(decode_picture(path), region))


def build(keras: Any) -> Any:
    """The original network: 64-32-16 filters to a latent of 16x16x16, and back; outputs (reconstruction, latent)."""
    layers = keras.layers

    def convolution(filters: int, activation: str = "relu") -> Any:
        return layers.Conv2D(filters, 3, padding="same", activation=activation)

    down: Sequence[Any] = [step for f in (64, 32, 16) for step in (convolution(f), layers.MaxPooling2D(2))]
    up: Sequence[Any] = [step for f in (16, 32, 64) for step in (convolution(f), layers.UpSampling2D(2))]
    picture = keras.Input((SIDE, SIDE, 3))
    latent = picture
    for step in down:
        latent = step(latent)
    grown = latent
    for step in up:
        grown = step(grown)
    return keras.Model(picture, [convolution(3, "sigmoid")(grown), latent])


def fit(keras: Any, model: Any, taught: Pixels, validation: Pixels, epochs: int | None, progress: Progress) -> None:
    """Mean squared error, Adam, cosine schedule. Without `epochs` it stops early; either way the best epoch is kept."""
    count = epochs or int(np.clip(PICTURES_SEEN / len(taught), 20, 150))
    batches = -(-len(taught) // BATCH)
    trained = keras.Model(model.inputs, model.outputs[0])
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, count * batches)
    trained.compile(optimizer=keras.optimizers.Adam(schedule), loss="mse", jit_compile=False)

    class Report(keras.callbacks.Callback):  # type: ignore[misc]
        done = 0
        validation_loss: float | None = None

        def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
            self.done += 1
            progress("autoencoder", self.done, count * batches, loss=logs["loss"], validation_loss=self.validation_loss)

        def on_test_batch_end(self, batch: int, logs: dict[str, float]) -> None:
            progress("autoencoder", self.done, count * batches, validation_loss=self.validation_loss)

        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
            self.validation_loss = logs["val_loss"]

    stop = keras.callbacks.EarlyStopping(
        monitor="val_loss", patience=count if epochs else PATIENCE, restore_best_weights=True
    )
    trained.fit(
        taught, taught, validation_data=(validation, validation), batch_size=BATCH, epochs=count, shuffle=True,
        verbose=0, callbacks=[Report(), stop],
    )  # fmt: skip
