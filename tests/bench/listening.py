"""What hearing costs: `python -m tests.bench.listening`.

Prints milliseconds of one core for a step of 0.1 s, seconds and the largest memory of learning ten minutes of sound,
and what watching pictures and sound together on the simulated bench takes (the drawing and the synthesis included).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import soundfile

from core.bundle import read_bundle
from core.inference.sound_judge import SoundJudge
from core.recipes.recipe import Recipe, new_recipe
from core.sources.simulated.motor import RATE, Unit, good_sound, sound_of
from tests.bench.process import cpu_seconds, peak_megabytes
from tui.cli.commands.demo import prepared

RECORDINGS, SECONDS = 40, 15.0
WATCHED = 30.0
BARS = {"step": 3.0, "learning s": 240.0, "learning MB": 1500.0, "both MB": 200.0, "both core": 0.60}


def main() -> int:
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        recipe = new_recipe(f"{folder}/motor")
        for number, sound in enumerate(good_sound(RECORDINGS, SECONDS)):
            soundfile.write(recipe.good_sound / f"{number:03d}.wav", sound, RATE)
        seconds, megabytes = learn(recipe)
        print(f"learning {RECORDINGS * SECONDS / 60:.0f} minutes of sound: {seconds:.0f} s, {megabytes:.0f} MB")
        missed |= seconds > BARS["learning s"] or megabytes > BARS["learning MB"]
        step = step_milliseconds(recipe)
        print(f"one step of 0.1 s: {step:.2f} ms of one core")
        missed |= step > BARS["step"]
        both = prepared(Path(folder) / "demo")
        share, megabytes = watch(both)
        print(f"pictures and sound at 10 frames/s: {100 * share:.0f} % of one core, {megabytes:.0f} MB")
        missed |= share > BARS["both core"] or megabytes > BARS["both MB"]
    print("a bar was missed" if missed else f"all within {BARS}")
    return int(missed)


def learn(recipe: Recipe) -> tuple[float, float]:
    """Seconds and MB of all processes of a training."""
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "models.train", str(recipe.folder)],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as child:  # fmt: skip
        peak = 0.0
        while child.poll() is None:
            peak = max(peak, peak_megabytes(child.pid))
            time.sleep(0.1)
    return time.monotonic() - began, peak


def step_milliseconds(recipe: Recipe) -> float:
    ear = SoundJudge(recipe, read_bundle(recipe.sound_bundle))
    sound = sound_of(Unit(9, 9), 20.0)
    steps = []
    for at in range(0, len(sound), RATE // 10):
        began = time.process_time()
        ear.push(sound[at : at + RATE // 10])
        steps.append(1000 * (time.process_time() - began))
    return statistics.median(steps[15:])


def watch(recipe: Recipe) -> tuple[float, float]:
    """Share of a core, after the start, and the largest memory of `goodpart watch --headless`."""
    command = [sys.executable, "-m", "tui", "watch", str(recipe.folder), "--headless", "--for", str(WATCHED)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        time.sleep(5)
        began, cpu = time.monotonic(), cpu_seconds(child.pid)
        share = peak = 0.0
        while child.poll() is None and psutil.pid_exists(child.pid) and time.monotonic() - began < WATCHED - 8:
            peak = max(peak, peak_megabytes(child.pid))
            share = (cpu_seconds(child.pid) - cpu) / max(1e-3, time.monotonic() - began)
            time.sleep(0.5)
        child.wait()
    return share, peak


if __name__ == "__main__":
    sys.exit(main())
