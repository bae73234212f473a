"""What recording costs: `python -m tests.bench.recording`. A 1080p video of the simulated bench, judged headless at 10
pictures a second, with and without --record; then the recording judged again.

Prints milliseconds of processor time to pack one picture, and of the whole process for each judged picture, megabytes a
minute, pictures that could not be recorded, and how much faster than real time the replay is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as goodpart itself does

from core.recipes.recipe import Recipe
from core.replay.replay import Replay
from core.sources.simulated.camera import good_pictures
from core.tape.codec import pack_picture, unpack_picture
from tests.bench.process import cpu_seconds
from tests.bench.watching import HEIGHT, WIDTH, make_bench

SECONDS = 20.0


def packing() -> tuple[float, float, float]:
    """Milliseconds of processor time to pack and to unpack, and megabytes."""
    picture = next(iter(good_pictures(1, 1, WIDTH, HEIGHT)))
    packed = [0.0] * 8
    for index in range(len(packed)):
        began = time.thread_time()
        data = pack_picture(picture)
        packed[index] = time.thread_time() - began
    began = time.thread_time()
    unpack_picture(data, HEIGHT, WIDTH)
    return 1000 * min(packed), 1000 * (time.thread_time() - began), len(data) / 1e6


def watch_once(recipe: Recipe, camera: Path, *options: str) -> tuple[float, float]:
    """Milliseconds of processor time a judged picture, and judged pictures a second."""
    command = [sys.executable, "-m", "tui", "watch", str(recipe.folder), "--camera", str(camera), "--headless"]
    judged, began, cpu = 0, 0.0, 0.0
    with subprocess.Popen(
        [*command, "--for", str(SECONDS), *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdout
        for line in child.stdout:
            judged += "image" in json.loads(line)
            if judged == 20 and not began:  # what starting costs is not what watching costs
                began, cpu = time.monotonic(), cpu_seconds(child.pid)
            if judged > 20:
                used, seconds = cpu_seconds(child.pid) - cpu, time.monotonic() - began
    return 1000 * used / (judged - 20), (judged - 20) / seconds


def main() -> None:
    pack, unpack, megabytes = packing()
    print(f"a picture of {WIDTH} x {HEIGHT}: packed in {pack:.1f} ms, unpacked in {unpack:.1f} ms, {megabytes:.2f} MB")
    with tempfile.TemporaryDirectory() as folder:
        recipe, video = make_bench(Path(folder))
        file = Path(folder) / "recording"
        for name, options in (("without recording", ()), ("with recording", ("--record", str(file)))):
            cost, rate = watch_once(recipe, video, *options)
            print(f"{name}: {cost:.1f} ms a judged picture, {rate:.1f} a second")
        with closing(Replay(file)) as replay:
            began = time.monotonic()
            outcome = replay.run()
            seconds = time.monotonic() - began
        size = file.stat().st_size / 1e6 * 60 / outcome.seconds
        print(f"recording: {size:.0f} MB a minute, {outcome.lost} samples lost")
        print(f"replay: the same {outcome.same}, {outcome.seconds / seconds:.1f} times real time")
    sys.exit(0 if outcome.same and not outcome.lost else 1)


if __name__ == "__main__":
    main()
