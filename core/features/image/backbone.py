"""The frozen backbone: EfficientNet-Lite0, cut after its last block, as a LiteRT file in the user's cache.

`models.image.backbone` creates that file once; this module finds, checks and runs it.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import platformdirs

from core.errors import GoodpartError
from core.features.image.picture import resized
from core.features.image.pooling import Layout, Taps
from core.runtime.atomic_files import write_bytes
from core.runtime.litert import make_interpreter
from core.samples import Picture

NAME = "EfficientNet-Lite0"
SIDE = 224
# The taps after blocks 2, 4, 7, 10 and 15.
LAYOUT = Layout(
    channels=(24, 40, 80, 112, 320), grids=(28, 28, 14, 14, 7), coarse=(3, 4), fine=(0, 1, 3), fine_cells=(3,)
)


class DamagedBackboneError(GoodpartError):
    """The converted backbone in the cache differs from what was stored."""


def cache_folder() -> Path:
    """The folder named by GOODPART_CACHE, else the user's cache folder; it may not exist yet."""
    return Path(os.environ.get("GOODPART_CACHE") or platformdirs.user_cache_dir("goodpart"))


def find_backbone() -> bytes | None:
    """The bytes of the converted backbone (a LiteRT file) from the cache, or None if it was not converted yet.

    Raises DamagedBackboneError if it does not match its SHA-256, GoodpartError if it cannot be read.
    """
    folder = cache_folder()
    note = folder / "efficientnet-lite0.json"
    damaged = DamagedBackboneError(
        f"{folder}: the converted backbone is damaged: delete this folder and train again, which converts it again"
    )
    try:
        entry = json.loads(note.read_text(encoding="utf-8"))
        network = (folder / Path(entry["file"]).name).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise GoodpartError(f"{folder}: the converted backbone cannot be read ({error.strerror or error})") from error
    except (ValueError, TypeError, KeyError) as error:
        raise damaged from error
    if hashlib.sha256(network).hexdigest() != entry.get("sha256"):
        raise damaged
    return network


def store_backbone(network: bytes, source_sha256: str) -> Path:
    """Store a converted backbone in the cache, with a note of its SHA-256 for `find_backbone`; returns its path.

    The note is written last. Raises GoodpartError if the cache cannot be written.
    """
    folder = cache_folder()
    sha256 = hashlib.sha256(network).hexdigest()
    path = folder / f"efficientnet-lite0-{sha256[:12]}.tflite"
    entry = {"file": path.name, "sha256": sha256, "source_sha256": source_sha256}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(path, network)
        write_bytes(folder / "efficientnet-lite0.json", json.dumps(entry, indent=1).encode())
    except OSError as error:
        raise GoodpartError(
            f"{folder}: the converted backbone cannot be stored ({error.strerror or error}): "
            "make room there or set GOODPART_CACHE to another folder"
        ) from error
    return path


class Backbone:
    """An Extractor that runs the network on one thread."""

    layout = LAYOUT

    def __init__(self, network: bytes) -> None:
        """`network` is a LiteRT file. Raises GoodpartError if it is not the expected network."""
        try:
            self._interpreter = make_interpreter(network)
        except (ValueError, RuntimeError) as error:
            raise GoodpartError("the backbone network cannot be loaded: train again") from error
        # The converter may change the order of the outputs; their numbers of channels identify them.
        outputs = sorted(self._interpreter.get_output_details(), key=lambda output: int(output["shape"][-1]))
        if tuple(int(output["shape"][-1]) for output in outputs) != LAYOUT.channels:
            raise GoodpartError("the backbone network has other outputs than expected: train again")
        self._outputs = [output["index"] for output in outputs]
        self._input = self._interpreter.get_input_details()[0]["index"]

    def taps(self, picture: Picture) -> Taps:
        """The feature maps of a picture of any size, box-blurred 3x3: float32 (56, 56, 24), (28, 28, 40), (14, 14, 80),
        (14, 14, 112) and (7, 7, 320)."""
        small = resized(picture, SIDE)
        self._interpreter.set_tensor(self._input, (small[None].astype(np.float32) - 127) / 128)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(output)[0] for output in self._outputs]
