"""Converts Keras models to LiteRT files."""

from __future__ import annotations

from typing import Any


def to_litert(model: Any, input_name: str, output_names: tuple[str, ...]) -> bytes:
    """Convert a Keras model to a LiteRT file, float32, for one sample per call.

    `model` has one input and as many outputs as `output_names`. The file has one signature, which takes `input_name`
    and returns the outputs by `output_names`, each with a first axis of 1. Writes nothing to stdout.
    """
    import tensorflow as tf

    specification = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name=input_name)

    @tf.function(input_signature=[specification])
    def one_sample(sample):  # type: ignore[no-untyped-def]
        outputs = model(sample, training=False)
        if len(output_names) == 1 and not isinstance(outputs, (list, tuple)):
            outputs = [outputs]
        return dict(zip(output_names, outputs, strict=True))

    # The converter finds the weights through the object that it gets, and does not find those of a Keras model.
    weights = tf.Module()
    weights.variables_of_model = [variable.value for variable in model.variables]
    converter = tf.lite.TFLiteConverter.from_concrete_functions([one_sample.get_concrete_function()], weights)
    return bytes(converter.convert())
