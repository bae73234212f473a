"""How the service holds up: `python -m tests.bench.serving`. Fifty clients send recordings of 5 s for a minute while
the bench judges pictures and sound live; beside it AMULET's own path (Flask, Keras, librosa) under the same clients.

Prints uploads a second, errors, how late live verdicts came with and without clients, how the memory grew, and how
fast it ends and comes back.
"""

from __future__ import annotations

import asyncio
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import soundfile
import soxr
from websockets.sync.client import connect

from core.recipes.recipe import Recipe, new_recipe
from core.settings.recipe_settings import CameraTable, MicrophoneTable, Settings, VerdictTable
from core.sources.simulated.camera import good_pictures
from core.sources.simulated.motor import RATE, Unit, good_sound, sound_of
from tests.bench.listening import learn
from tests.bench.process import megabytes, peak_megabytes
from tests.support.data import find_data

CLIENTS, SECONDS, ORIGINAL_SECONDS = 50, 60.0, 20.0
ALONE_SECONDS, WARM_SECONDS = 15.0, 10.0
LATE_BAR, BACK_BAR, END_BAR = 0.2, 3.0, 2.0
GROWTH_BAR = 20.0
"""MB that the service, and its judging processes together, may grow by from the warm-up to the end of the load."""

ORIGINAL = """
import json, sys, tempfile
import librosa, numpy as np
from flask import Flask, jsonify, request
from keras import Sequential, Input, layers
model, port = sys.argv[1], int(sys.argv[2])
said = {name: json.load(open(f"{model}/{name}.json")) for name in ("weights", "scaler", "threshold")}
lstm = lambda units, many: layers.LSTM(units, activation="relu", return_sequences=many)
network = Sequential([Input((10, 5)), lstm(16, True), lstm(4, False), layers.RepeatVector(10), lstm(4, True),
                      lstm(16, True), layers.TimeDistributed(layers.Dense(5))])
weights = said["weights"]["weights"]
names = [f"lstm_{n}/{p}:0" for n in range(1, 5) for p in ("kernel", "recurrent_kernel", "bias")]
names += ["time_distributed_1/kernel:0", "time_distributed_1/bias:0"]
network.set_weights([np.array(weights[name]) for name in names])
app = Flask("amulet")

@app.post("/submit")
def submit():
    with tempfile.NamedTemporaryFile(suffix=".wav") as kept:
        request.files["data_file"].save(kept.name)
        sound, rate = librosa.load(kept.name, sr=22050)
    rows = []
    for at in range(0, len(sound) - 2204, 2205):
        block = sound[at : at + 2205]
        spectrum = np.abs(librosa.stft(block, pad_mode="reflect"))
        mel = librosa.feature.melspectrogram(y=block, sr=rate, pad_mode="reflect")
        mfcc = librosa.feature.mfcc(S=librosa.power_to_db(mel), dct_type=3)
        rows.append([block.mean(), np.abs(np.fft.fft(block).real).mean(), spectrum.mean(), mel.mean(), mfcc.mean()])
    scaled = np.array(rows) * np.array(said["scaler"]["scale"]) + np.array(said["scaler"]["min"])
    groups = scaled[: len(scaled) // 10 * 10].reshape(-1, 10, 5)
    errors = np.abs(groups - network.predict(groups, verbose=0)).mean(axis=2).ravel()
    found = [{"Anomaly": True, "seconds": f"{at / 10:.1f}-{(at + 1) / 10:.1f}", "value": round(float(error), 4)}
             for at, error in enumerate(errors) if error > said["threshold"]["threshold"]]
    return jsonify({"Analysis": found or [{"Anomaly": "No anomalies detected"}]})

app.run("127.0.0.1", port, threaded=True)
"""


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recipe = taught(folder / "bench")
        wav = folder / "motor.wav"
        soundfile.write(wav, soxr.resample(sound_of(Unit(9, 9), 5.0), RATE, 44_100), 44_100)
        missed = ours(recipe, wav)
        published = find_data("sound/amulet/new_test")
        if published is not None:
            missed |= same_model(recipe, published, wav)
            original(published, wav)
    return int(missed)


def taught(folder: Path) -> Recipe:
    """Pictures and sound of the simulated bench."""
    import cv2

    settings = Settings(
        camera=CameraTable(source="simulated", width=960, height=720, fps=15.0),
        microphone=MicrophoneTable(source="simulated"),
        verdict=VerdictTable(false_alarms=0.1),
    )
    recipe = new_recipe(str(folder), settings)
    for number, picture in enumerate(good_pictures(40, 0, 960, 720)):
        cv2.imwrite(str(recipe.good_images / f"{number:03d}.jpg"), picture)
    for number, sound in enumerate(good_sound(20, 6.0)):
        soundfile.write(recipe.good_sound / f"{number:03d}.wav", sound, RATE)
    learn(recipe)
    return recipe


def serve(recipe: Recipe, *options: str) -> tuple[subprocess.Popen[str], int]:
    """A service that judges, and its port."""
    command = [sys.executable, "-m", "tui", "serve", str(recipe.folder), "--port", "0", *options]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    port = int(process.stdout.readline().split()[1].rstrip("/").rpartition(":")[2])
    await_well(port)
    return process, port


def await_well(port: int, path: str = "health") -> float:
    """Seconds until it answers 200 there."""
    began = time.monotonic()
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5) as answer:
                if answer.status == 200:
                    return time.monotonic() - began
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
        assert time.monotonic() - began < 120


# Clients.


@dataclass
class Load:
    answers: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def told(self, what: str) -> str:
        good = self.answers["200"]
        times = sorted(self.times) or [0.0]
        return (
            f"{what:24} {good / self.seconds:6.1f} uploads/s, {sum(self.answers.values()) - good} errors of"
            f" {sum(self.answers.values())}, answer after {statistics.median(times):.1f} s"
            f" (longest {times[-1]:.1f} s)"
        )


def load(port: int, wav: Path, seconds: float) -> Load:
    """As many clients as there are, each sends again when it has its answer; every one gets its last."""
    mark = b"------------------------bench"
    body = (
        b"--" + mark + b'\r\nContent-Disposition: form-data; name="data_file"; filename="motor.wav"\r\n\r\n'
        + wav.read_bytes() + b"\r\n--" + mark + b"--\r\n"
    )  # fmt: skip
    head = (
        f"POST /submit HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={mark.decode()}\r\nConnection: close\r\n\r\n"
    )
    done = Load()

    async def client() -> None:
        while time.monotonic() < until:
            began = time.monotonic()
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(head.encode() + body)
                answer = await asyncio.wait_for(reader.read(), 120)
                writer.close()
                assert b'"Analysis"' in answer
                done.answers[answer.split(b" ", 2)[1].decode()] += 1
            except (OSError, TimeoutError, AssertionError, IndexError) as error:
                done.answers[type(error).__name__] += 1
            done.times.append(time.monotonic() - began)

    async def all_clients() -> None:
        await asyncio.gather(*(client() for _ in range(CLIENTS)))

    began = time.monotonic()
    until = began + seconds
    asyncio.run(all_clients())
    done.seconds = time.monotonic() - began
    return done


# The bench meanwhile.


class Live:
    """Live verdicts: when the station told each, by its own clock, and so how late it was."""

    def __init__(self, port: int) -> None:
        self._line = connect(f"ws://127.0.0.1:{port}/snapshots", max_size=None, max_queue=None, proxy=None)
        self._wall = time.time() - time.monotonic()
        self.windows: dict[int, tuple[float, float, float]] = {}
        """By number: the end in its stream, when the newest sound had come then, when it was told."""
        self.pictures: dict[int, float] = {}
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        try:
            for text in self._line:
                now = json.loads(text)["snapshot"]
                window, image, came = now["sound"]["judged"], now["image"]["judged"], now["sound"]["status"]["last_at"]
                told = now["at"] - self._wall
                if window and came is not None:
                    self.windows.setdefault(window["number"], (window["end"], came, told))
                if image:
                    self.pictures.setdefault(image["number"], told)
        except (OSError, KeyError):
            return

    def end(self) -> None:
        self._line.close()
        self._thread.join(5)

    def lateness(self) -> list[float]:
        """Of every window of sound: seconds from when its last sound had come from the microphone until it was told.

        Which moment that was is known by those windows of the same part that were told before more sound came; a part
        that is exchanged begins the stream anew, and so the counting."""
        parts: list[list[tuple[float, float, float]]] = []
        for window in self.windows.values():
            if not parts or window[0] <= parts[-1][-1][0]:
                parts.append([])
            parts[-1].append(window)
        late = []
        for part in parts:
            begin = min(came - end for end, came, _ in part)
            late += [told - (begin + end) for end, _, told in part]
        return sorted(late) or [0.0]

    def gaps(self) -> list[float]:
        """Seconds between judged pictures that follow each other."""
        return sorted(self.pictures[n] - self.pictures[n - 1] for n in self.pictures if n - 1 in self.pictures) or [0.0]


def told(late: list[float]) -> str:
    middle, nearly, latest = (1000 * late[round(share * (len(late) - 1))] for share in (0.5, 0.99, 1.0))
    return f"{middle:.0f} ms (99 %: {nearly:.0f}, latest {latest:.0f})"


def memory(process: subprocess.Popen[str]) -> tuple[float, float]:
    """Resident MB of the service now, and of its judging processes together."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return megabytes(process.pid), sum(megabytes(child) for child in children)


def ours(recipe: Recipe, wav: Path) -> bool:
    process, port = serve(recipe)
    live = Live(port)
    time.sleep(ALONE_SECONDS)
    live.end()
    alone, usual = live.lateness(), statistics.median(live.gaps())
    load(port, wav, WARM_SECONDS)  # models are loaded, and the allocator has what it wants
    before = memory(process)
    live = Live(port)
    done = load(port, wav, SECONDS)
    live.end()
    after = memory(process)
    print(done.told("goodpart, spectrum"))
    late, beyond = live.lateness(), [max(0.0, gap - usual) for gap in live.gaps()]
    print(
        f"live windows of sound      {len(late)}, told after their last 0.1 s came by {told(late)}; alone {told(alone)}"
    )
    print(
        f"live pictures              {len(beyond)}, late by {told(beyond)} beyond the usual {1000 * usual:.0f} ms alone"
    )
    print(
        f"memory                     service {before[0]:.0f} -> {after[0]:.0f} MB, workers {before[1]:.0f} ->"
        f" {after[1]:.0f} MB, from {WARM_SECONDS:.0f} s of load to its end"
    )
    began = time.monotonic()
    process.kill()
    process.wait()
    process, port = serve(recipe)
    back = time.monotonic() - began  # until it is well, which takes a judged part
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code = process.wait(10)
    ended = time.monotonic() - began
    print(f"killed and started again   judges after {back:.1f} s; SIGTERM ends it in {ended:.1f} s (code {code})")
    bars = {
        "no error": done.answers.keys() == {"200"},
        f"sound told within {1000 * LATE_BAR:.0f} ms": late[-1] <= LATE_BAR,
        f"pictures {1000 * LATE_BAR:.0f} ms late at most": beyond[-1] <= LATE_BAR,
        f"{GROWTH_BAR:.0f} MB of growth": max(b - a for a, b in zip(before, after, strict=True)) <= GROWTH_BAR,
        f"back in {BACK_BAR:.0f} s": back <= BACK_BAR,
        f"ended in {END_BAR:.0f} s": ended <= END_BAR,
    }
    print("bars: " + "; ".join(f"{bar}: {'holds' if holds else 'MISSED'}" for bar, holds in bars.items()))
    return not all(bars.values())


def same_model(recipe: Recipe, published: Path, wav: Path) -> bool:
    process, port = serve(recipe, "--amulet", str(published))
    load(port, wav, 3.0)
    done = load(port, wav, ORIGINAL_SECONDS)
    print(done.told("goodpart, AMULET's model"))
    process.send_signal(signal.SIGTERM)
    process.wait(10)
    return done.answers.keys() != {"200"}


def original(published: Path, wav: Path) -> None:
    port = 5999
    process = subprocess.Popen(
        [sys.executable, "-c", ORIGINAL, str(published), str(port)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        until = time.monotonic() + 120
        while time.monotonic() < until and b"Analysis" not in one_answer(port, wav):
            time.sleep(0.5)
        done = load(port, wav, ORIGINAL_SECONDS)
        print(done.told("AMULET (Flask, Keras)") + f", {peak_megabytes(process.pid):.0f} MB")
    finally:
        process.kill()
        process.wait()


def one_answer(port: int, wav: Path) -> bytes:
    done = subprocess.run(
        ["curl", "-s", "-F", f"data_file=@{wav}", f"http://127.0.0.1:{port}/submit"], capture_output=True, check=False
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
