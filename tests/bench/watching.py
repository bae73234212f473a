"""What watching costs: `python -m tests.bench.watching`. A 1080p video of the simulated bench, judged headless.

Prints milliseconds of processor time a judged picture (all threads, decoding included), the largest resident memory,
and the seconds from the start of the process to the first verdict that is OK or ANOMALY; medians of three runs.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2

from core.dataset.add_images import teach_pictures
from core.recipes.recipe import Recipe, new_recipe
from core.settings.recipe_settings import CameraTable, Settings
from core.sources.simulated.camera import good_pictures
from tests.bench.process import cpu_seconds, peak_megabytes
from tui.cli.commands.train import train

WIDTH, HEIGHT = 1920, 1080
TAUGHT, SHOWN = 40, 6
BARS = {"ms": 25.0, "MB": 170.0, "s": 1.0}


def make_bench(folder: Path) -> tuple[Recipe, Path]:
    """A trained recipe and a video of other good parts, each for a second."""
    settings = Settings(camera=CameraTable(source="simulated", width=WIDTH, height=HEIGHT))
    recipe = new_recipe(str(folder / "bench"), settings)
    (folder / "good").mkdir()
    for number, picture in enumerate(good_pictures(TAUGHT, 0, WIDTH, HEIGHT)):
        cv2.imwrite(str(folder / "good" / f"{number}.jpg"), picture)
    teach_pictures(recipe.good_images, [folder / "good"])
    train(recipe)
    # Motion JPEG, as a USB camera gives it: what is not judged need not be decoded.
    video = folder / "parts.avi"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (WIDTH, HEIGHT))
    for picture in good_pictures(SHOWN, 1, WIDTH, HEIGHT):
        for _ in range(30):
            writer.write(picture)
    writer.release()
    return recipe, video


def watch_once(recipe: Recipe, camera: str, seconds: float = 12.0) -> dict[str, float]:
    """Figures of one run of `goodpart watch --headless`."""
    command = [sys.executable, "-m", "tui", "watch", str(recipe.folder), "--camera", camera, "--headless"]
    began = time.monotonic()
    child = subprocess.Popen([*command, "--for", str(seconds)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdout
    first = 0.0
    judged = 0
    cpu_at = 0.0
    peak = 0.0
    for line in child.stdout:
        said = json.loads(line)
        if "image" not in said:
            continue
        first = first or (time.monotonic() - began if said["verdict"] in ("OK", "ANOMALY") else 0.0)
        judged += 1
        if judged == 20:  # what starting costs is not what watching costs
            cpu_at = cpu_seconds(child.pid)
        if judged >= 20:
            cpu, peak = cpu_seconds(child.pid), peak_megabytes(child.pid)
    child.wait()
    return {"ms": 1000 * (cpu - cpu_at) / (judged - 20), "MB": peak, "s": first, "frames/s": judged / seconds}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        recipe, video = make_bench(Path(folder))
        runs = [watch_once(recipe, str(video)) for _ in range(3)]
    print(f"watch --headless, {WIDTH} x {HEIGHT} video, medians of {len(runs)} runs")
    for name in runs[0]:
        median = statistics.median(run[name] for run in runs)
        bar = f"   (bar {BARS[name]:g})" if name in BARS else ""
        print(f"  {name:9} {median:8.2f}{bar}   [{', '.join(f'{run[name]:.2f}' for run in runs)}]")


if __name__ == "__main__":
    main()
