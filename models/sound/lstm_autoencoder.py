"""The autoencoder of the method `spectrum`: a recurrent network that codes ten log-mel blocks in 16 numbers."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.features.sound.mel import Floats
from models.base import Progress

EPOCHS = 40
BATCH = 64
LEARNING_RATE = 2e-3


@dataclass(frozen=True)
class Run:
    """The settings of one training, and its position among several."""

    seed: int
    epochs: int
    before: int = 0
    """Batches of the earlier trainings."""
    of: int = 0
    """Batches of all trainings; 0 if this is the only one."""


def fit(taught: Floats, held: Floats, run: Run, progress: Progress) -> tuple[bytes, Floats]:
    """Train on `taught` (n, 10, 128).

    Returns the network as a LiteRT file (input `blocks`, output `drawn`, one window per call) and the reconstruction
    of `held` (m, 10, 128), float32.
    """
    import keras
    import tensorflow as tf

    keras.utils.clear_session()
    keras.utils.set_random_seed(run.seed)
    tf.config.experimental.enable_op_determinism()
    batches = batches_of(len(taught))
    model = build(keras, taught.shape[1:])
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, run.epochs * batches)
    model.compile(optimizer=keras.optimizers.Adam(schedule), loss="mse", jit_compile=False)

    class Report(keras.callbacks.Callback):  # type: ignore[misc]
        done = run.before

        def on_train_batch_end(self, _batch: int, logs: dict[str, float]) -> None:
            self.done += 1
            progress("autoencoder", self.done, run.of or run.epochs * batches, loss=logs["loss"])

    model.fit(taught, taught, batch_size=BATCH, epochs=run.epochs, shuffle=True, verbose=0, callbacks=[Report()])
    drawn = np.concatenate([model.predict_on_batch(held[start : start + 512]) for start in range(0, len(held), 512)])
    return convert(keras, tf, model), np.asarray(drawn, np.float32)


def batches_of(count: int) -> int:
    """Return the number of batches per epoch for this many windows."""
    return -(-count // BATCH)


def build(keras: Any, shape: tuple[int, ...], unroll: bool = False, batch: int | None = None) -> Any:
    """Return the Keras model for windows of this shape (10, 128).

    The conversion needs `unroll` and a batch of 1; the weights are the same in both forms.
    """
    layers = keras.layers
    blocks = keras.Input(shape, batch_size=batch, name="blocks")
    code = layers.Dense(16)(layers.LSTM(32, unroll=unroll)(blocks))
    grown = layers.LSTM(32, return_sequences=True, unroll=unroll)(layers.RepeatVector(shape[0])(code))
    return keras.Model(blocks, layers.Dense(shape[1], name="drawn")(grown))


def convert(keras: Any, tf: Any, model: Any) -> bytes:
    """Return the model as a LiteRT file; only an unrolled copy for one window converts to built-in operators."""
    unrolled = build(keras, model.input_shape[1:], unroll=True, batch=1)
    unrolled.set_weights(model.get_weights())
    with contextlib.redirect_stdout(io.StringIO()):  # stdout is for progress only
        return bytes(tf.lite.TFLiteConverter.from_keras_model(unrolled).convert())
