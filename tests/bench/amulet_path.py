"""Judging a recording as a whole process, beside the original path: `python -m tests.bench.amulet_path`.

Prints seconds and the largest memory, medians of three runs, for `goodpart score` by the method `spectrum`, for
`goodpart amulet predict`, and for AMULET's own way to the same numbers: librosa, Keras, predict.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

import soundfile

from core.recipes.recipe import Recipe, new_recipe
from core.sources.simulated.motor import RATE, Unit, good_sound, sound_of
from tests.bench.listening import learn
from tests.bench.process import run_measured
from tests.support.data import find_data

SECONDS = 5.5
BARS = (1.0, 120.0)

ORIGINAL = """
import json, sys
import librosa, numpy as np
from keras import Sequential, Input, layers
model, wav = sys.argv[1:]
said = {name: json.load(open(f"{model}/{name}.json")) for name in ("weights", "scaler", "threshold")}
sound, rate = librosa.load(wav, sr=22050)
rows = []
for at in range(0, len(sound) - 2204, 2205):
    block = sound[at : at + 2205]
    spectrum = np.abs(librosa.stft(block, pad_mode="reflect"))
    mel = librosa.feature.melspectrogram(y=block, sr=rate, pad_mode="reflect")
    mfcc = librosa.feature.mfcc(S=librosa.power_to_db(mel), dct_type=3)
    rows.append([block.mean(), np.abs(np.fft.fft(block).real).mean(), spectrum.mean(), mel.mean(), mfcc.mean()])
scaled = np.array(rows) * np.array(said["scaler"]["scale"]) + np.array(said["scaler"]["min"])
lstm = lambda units, many: layers.LSTM(units, activation="relu", return_sequences=many)
network = Sequential([Input((10, 5)), lstm(16, True), lstm(4, False), layers.RepeatVector(10), lstm(4, True),
                      lstm(16, True), layers.TimeDistributed(layers.Dense(5))])
weights = said["weights"]["weights"]
names = [f"lstm_{n}/{p}:0" for n in range(1, 5) for p in ("kernel", "recurrent_kernel", "bias")]
names += ["time_distributed_1/kernel:0", "time_distributed_1/bias:0"]
network.set_weights([np.array(weights[name]) for name in names])
groups = scaled[: len(scaled) // 10 * 10].reshape(-1, 10, 5)
errors = np.abs(groups - network.predict(groups, verbose=0)).mean(axis=2)
print((errors > said["threshold"]["threshold"]).sum(), "anomalies")
"""


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recipe = taught(folder / "motor")
        wav = folder / "motor.wav"
        soundfile.write(wav, sound_of(Unit(9, 9), SECONDS), RATE)
        ours = told(
            f"goodpart score, {SECONDS} s", [sys.executable, "-m", "tui", "score", str(recipe.folder), str(wav)]
        )
        published = find_data("sound/amulet/new_test")
        if published is not None:
            predict = [
                "amulet",
                "predict",
                "--model",
                str(published),
                "--predict-file",
                str(wav),
                "--anomaly-limit",
                "99",
            ]
            told(
                "goodpart amulet predict", [sys.executable, "-m", "tui", *predict, "--output-dir", str(folder / "out")]
            )
            told("AMULET's path", [sys.executable, "-c", ORIGINAL, str(published), str(wav)])
    missed = ours[0] > BARS[0] or ours[1] > BARS[1]
    print(f"bar {BARS[0]} s, {BARS[1]:.0f} MB: {'MISSED' if missed else 'holds'}")
    return int(missed)


def taught(folder: Path) -> Recipe:
    recipe = new_recipe(str(folder))
    for number, sound in enumerate(good_sound(20, 6.0)):
        soundfile.write(recipe.good_sound / f"{number:03d}.wav", sound, RATE)
    learn(recipe)
    return recipe


def told(what: str, command: list[str]) -> tuple[float, float]:
    runs = [run_measured(command) for _ in range(3)]
    seconds, megabytes = (statistics.median(part) for part in zip(*runs, strict=True))
    print(f"{what:28} {seconds:5.2f} s {megabytes:5.0f} MB", flush=True)
    return seconds, megabytes


if __name__ == "__main__":
    sys.exit(main())
