"""The two networks of AMULET's DCGAN, their losses and learning rates (Radford, Metz, Chintala 2016).

Random numbers depend only on (seed, step): a resumed training draws the same numbers as an uninterrupted one.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from core.errors import GoodpartError
from core.features.sound.mel import Floats
from models.dcgan.dataset import Pixels

NOISE = 100
"""Random numbers from which the generator draws a picture."""
GENERATOR_RATE, DISCRIMINATOR_RATE, BETA = 2e-4, 2e-5, 0.5
SMOOTHED = (0.9, 1.0)
"""Range of the label of real pictures, drawn once per step."""
BLUR = 0.1
"""Standard deviation of the noise that is added to real pictures, which are -1..1."""

State = dict[str, Floats]
"""The variables of networks and optimisers by name."""


def keras_for(seed: int) -> tuple[Any, Any]:
    """Return Keras and TensorFlow, made deterministic for this seed. Raises GoodpartError if they are not installed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import keras
        import tensorflow as tf
    except ImportError as error:
        raise GoodpartError(
            "the DCGAN needs TensorFlow, which is not installed: pip install 'goodpart[train]'"
        ) from error
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    return keras, tf


class Gan:
    """Generator, discriminator and their optimisers. Raises GoodpartError if TensorFlow is not installed."""

    def __init__(self, seed: int, batch: int = 64) -> None:
        keras, self._tf = keras_for(seed)
        self._seed, self._batch = seed, batch
        self.generator, self.discriminator = _generator(keras), _discriminator(keras)
        self._optimisers = [keras.optimizers.Adam(rate, beta_1=BETA) for rate in (GENERATOR_RATE, DISCRIMINATOR_RATE)]
        for optimiser, model in zip(self._optimisers, (self.generator, self.discriminator), strict=True):
            optimiser.build(model.trainable_variables)
        self._cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
        self._steps = self._tf.function(self._several)

    def learn(self, pictures: Pixels, first: int) -> tuple[float, float]:
        """Take one training step per batch of pictures (iterations, batch, 20, 44, 3); returns the mean losses of
        generator and discriminator. `first` is the number of the first step in the whole training."""
        generator, discriminator = self._steps(self._tf.constant(2 * pictures - 1), self._tf.constant(first))
        return float(generator), float(discriminator)

    def _several(self, pictures: Any, first: Any) -> tuple[Any, Any]:
        tf = self._tf
        losses = tf.zeros(2)
        for index in tf.range(tf.shape(pictures)[0]):
            losses += tf.stack(self._step(pictures[index], first + index))
        losses /= tf.cast(tf.shape(pictures)[0], tf.float32)
        return losses[0], losses[1]

    def _step(self, real: Any, step: Any) -> tuple[Any, Any]:
        tf, entropy = self._tf, self._cross_entropy
        noise = self._draw(tf.random.stateless_uniform, (self._batch, NOISE), step, 0, -1.0, 1.0)
        label = self._draw(tf.random.stateless_uniform, (), step, 1, *SMOOTHED)
        real += self._draw(tf.random.stateless_normal, real.shape, step, 2, 0.0, BLUR)
        with tf.GradientTape() as of_generator, tf.GradientTape() as of_discriminator:
            drawn = self.generator(noise, training=True)
            on_real = self.discriminator(real, training=True)
            on_drawn = self.discriminator(drawn, training=True)
            generator = entropy(tf.ones_like(on_drawn), on_drawn)
            discriminator = entropy(label * tf.ones_like(on_real), on_real)
            discriminator += entropy(tf.zeros_like(on_drawn), on_drawn)
        tasks = (
            (of_generator, generator, self.generator, self._optimisers[0]),
            (of_discriminator, discriminator, self.discriminator, self._optimisers[1]),
        )
        for tape, loss, model, optimiser in tasks:
            variables = model.trainable_variables
            optimiser.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return generator, discriminator

    def _draw(self, draw: Any, shape: Any, step: Any, which: int, *limits: float) -> Any:
        return draw(shape, [self._seed, 4 * step + which], *limits)

    def draw(self, count: int, seed: int) -> Pixels:
        """Return `count` generated pictures (count, 20, 44, 3), 0..1, always the same for a seed."""
        noise = np.random.default_rng(seed).uniform(-1, 1, (count, NOISE)).astype(np.float32)
        parts = [self.generator(noise[start : start + 64], training=False).numpy() for start in range(0, count, 64)]
        return np.asarray((np.concatenate(parts) + 1) / 2, np.float32)

    def realness(self, pictures: Pixels) -> Floats:
        """Return the discriminator's logits (n,) for pictures (n, 20, 44, 3): higher means more like the real ones."""
        parts = [
            self.discriminator(2 * pictures[start : start + 64] - 1, training=False).numpy()[:, 0]
            for start in range(0, len(pictures), 64)
        ]
        return np.concatenate(parts)

    def state(self) -> State:
        """Return the variables of networks and optimisers by name."""
        return {name: np.asarray(variable) for name, variable in self._variables().items()}

    def restore(self, state: State) -> None:
        """Set all variables. Raises KeyError or ValueError if the state is from other networks."""
        for name, variable in self._variables().items():
            if state[name].shape != tuple(variable.shape):
                raise ValueError(f"{name} has another shape")
            variable.assign(state[name])

    def _variables(self) -> dict[str, Any]:
        owners = {
            "generator": self.generator.variables,
            "discriminator": self.discriminator.variables,
            "generator_optimiser": self._optimisers[0].variables,
            "discriminator_optimiser": self._optimisers[1].variables,
        }
        return {f"{owner}_{i}": variable for owner, variables in owners.items() for i, variable in enumerate(variables)}


def _generator(keras: Any) -> Any:
    layers = keras.layers
    steps = [keras.Input((NOISE,)), layers.Dense(5 * 11 * 256), layers.LeakyReLU(0.2), layers.Reshape((5, 11, 256))]
    for filters in (128, 64):
        steps += [
            layers.Conv2DTranspose(filters, 5, strides=2, padding="same"),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.2),
        ]
    steps.append(layers.Conv2DTranspose(3, 5, padding="same", activation="tanh"))
    return keras.Sequential(steps)


def _discriminator(keras: Any) -> Any:
    layers = keras.layers
    steps = [keras.Input((20, 44, 3))]
    for filters in (64, 128):
        steps += [
            layers.Conv2D(filters, 5, strides=2, padding="same"),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.2),
        ]
    return keras.Sequential([*steps, layers.Flatten(), layers.Dense(1)])
