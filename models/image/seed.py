"""Learns the method `seed`: trains the convolutional autoencoder of the original system with TensorFlow."""

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
"""Pictures in all epochs together; about six minutes on two cores. The original system uses 448 000 in 1000 epochs at
a constant learning rate; with a cosine schedule far fewer reach its error."""
PATIENCE = 12
"""Epochs without a better validation loss before learning stops."""


def learn(lesson: ImageLesson, progress: Progress) -> Learnt:
    """Learn from about three quarters of the pictures; the rest, whole folds, is held out from network and density.

    The held-out pictures stop the training and set the thresholds, so `held_out_*` are shorter than the pictures.
    (They also choose the best of some tens of epochs: that bias is far smaller than their own uncertainty.)

    Raises GoodpartError if TensorFlow is not installed, UnreadableError if a picture cannot be decoded.
    """
    keras = _keras(lesson.seed)
    pixels = _load(lesson, progress)
    held = held_out(lesson.folds)
    model = build(keras)
    fit(keras, model, pixels[~held], pixels[held], lesson.epochs, progress)
    progress("writing", 0, 1)
    network = to_litert(model, "pixels", ("reconstruction", "latent"))
    autoencoder = ConvolutionalAutoencoder(network)
    latents = np.stack([autoencoder.run(picture)[1] for picture in pixels[~held]])
    density = GaussianKDE(latents, BANDWIDTH)
    squared, densities = [], []
    for step, picture in enumerate(pixels[held]):
        progress("held out", step, int(held.sum()))
        reconstruction, latent = autoencoder.run(picture)
        squared.append((reconstruction - picture) ** 2)
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
    """Return (n,) which pictures are held out: whole folds, a quarter of all pictures, or up to half if fewer would
    not support a false-alarm rate of 5 %."""
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
    keras.utils.clear_session()  # layer names are numbered per session, and are part of the file
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
    """Return the original network: 64-32-16 filters to a latent of 16x16x16 and back; outputs (reconstruction,
    latent)."""
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
    """Train the model in place: mean squared error, Adam, cosine schedule.

    Without `epochs` it stops early; in both cases the weights of the best epoch are kept.
    """
    count = epochs or int(np.clip(PICTURES_SEEN / len(taught), 20, 150))
    batches = -(-len(taught) // BATCH)
    trained = keras.Model(model.inputs, model.outputs[0])
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, count * batches)
    trained.compile(optimizer=keras.optimizers.Adam(schedule), loss="mse", jit_compile=False)

    class Report(keras.callbacks.Callback):  # type: ignore[misc]
        done = 0
        validation_loss: float | None = None

        def on_train_batch_end(self, _batch: int, logs: dict[str, float]) -> None:
            self.done += 1
            progress("autoencoder", self.done, count * batches, loss=logs["loss"], validation_loss=self.validation_loss)

        def on_test_batch_end(self, *_batch: object, **_logs: object) -> None:
            progress("autoencoder", self.done, count * batches, validation_loss=self.validation_loss)

        def on_epoch_end(self, _epoch: int, logs: dict[str, float]) -> None:
            self.validation_loss = logs["val_loss"]

    stop = keras.callbacks.EarlyStopping(
        monitor="val_loss", patience=count if epochs else PATIENCE, restore_best_weights=True
    )
    trained.fit(
        taught, taught, validation_data=(validation, validation), batch_size=BATCH, epochs=count, shuffle=True,
        verbose=0, callbacks=[Report(), stop],
    )  # fmt: skip
