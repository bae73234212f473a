"""The method `seed` as the original system runs it, and here: `python -m tests.bench.seed_path`.

The original path: every 1080p frame is written to the disk and read again, then Keras predict and evaluate, and
scikit-learn's KernelDensity, fitted at every start. Here: one LiteRT file and an exact kernel density. Both judge the
same frames with the same (untrained) network, which costs what a trained one costs. Each runs in a process of its own.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from tests.bench.process import peak_megabytes

TAUGHT, FRAMES = 500, 12


def frames() -> Iterator[np.ndarray]:
    rng = np.random.default_rng(0)
    base = rng.integers(0, 200, (1080, 1920, 3)).astype(np.uint8)
    for number in range(FRAMES):
        yield np.roll(base, 7 * number, axis=1)


def prepare(folder: Path) -> None:
    """The network for both, and latents as of 500 taught pictures."""
    import keras

    from models.components.litert import to_litert
    from models.image.seed import build

    model = build(keras)
    model.save(folder / "both.keras")
    (folder / "both.tflite").write_bytes(to_litert(model, "pixels", ("reconstruction", "latent")))
    latents = np.abs(np.random.default_rng(1).standard_normal((TAUGHT, 4096))).astype(np.float32)
    np.save(folder / "latents.npy", 0.1 * latents)


def original(folder: Path) -> Callable[[np.ndarray], None]:
    import cv2
    import keras
    from sklearn.neighbors import KernelDensity

    both = keras.models.load_model(folder / "both.keras")
    autoencoder, encoder = keras.Model(both.inputs, both.outputs[0]), keras.Model(both.inputs, both.outputs[1])
    autoencoder.compile(optimizer="adam", loss="mse")
    density = KernelDensity(kernel="gaussian", bandwidth=0.2).fit(np.load(folder / "latents.npy"))

    def judge(frame: np.ndarray) -> None:
        cv2.imwrite(str(folder / "frame.jpg"), frame)
        picture = cv2.cvtColor(cv2.imread(str(folder / "frame.jpg")), cv2.COLOR_BGR2RGB)
        pixels = cv2.resize(picture, (128, 128))[None] / 255.0
        density.score_samples(encoder.predict(pixels, verbose=0).reshape(1, -1))
        reconstruction = autoencoder.predict(pixels, verbose=0)
        autoencoder.evaluate(reconstruction, pixels, verbose=0)

    return judge


def ours(folder: Path) -> Callable[[np.ndarray], object]:
    from core.detectors.image.seed import BANDWIDTH, SeedDetector

    arrays = {
        "latents": np.load(folder / "latents.npy"),
        "map_mean": np.zeros((14, 14), np.float32),
        "map_sd": np.ones((14, 14), np.float32),
    }
    network = (folder / "both.tflite").read_bytes()
    return SeedDetector(arrays, {"autoencoder": network}, {"bandwidth": BANDWIDTH}).judge


def measure(path: str, folder: Path) -> None:
    """In the child: JSON with seconds until the first frame is judged, ms a frame, peak MB."""
    began = time.perf_counter() - time.process_time()
    judge = {"original": original, "ours": ours}[path](folder)
    times = []
    for number, frame in enumerate(frames()):
        start = time.perf_counter()
        judge(frame)
        times.append(time.perf_counter() - start)
        if number == 0:
            ready = time.perf_counter() - began
    print(
        json.dumps(
            {
                "ready s": ready,
                "ms a frame": 1000 * statistics.median(times[1:]),
                "MB": peak_megabytes(),
            }
        )
    )


def main() -> None:
    if len(sys.argv) == 3:
        measure(sys.argv[1], Path(sys.argv[2]))
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        print(f"method seed, {TAUGHT} taught, 1080p frames, medians of {FRAMES - 1}")
        for path in ("original", "ours"):
            command = [sys.executable, "-m", "tests.bench.seed_path", path, folder]
            out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True)
            figures = json.loads(out.stdout.splitlines()[-1])
            print(f"  {path:9}" + "  ".join(f"{name} {value:.2f}" for name, value in figures.items()), flush=True)


if __name__ == "__main__":
    main()
