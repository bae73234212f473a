"""Measures the time and the memory that judging takes, in a separate process.

`python -m models.comparison.runtime_cost image|sound|dcgan MODEL RECIPE FILE ...` prints the
milliseconds per picture or per second of sound, and the process's peak memory in MB.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import GoodpartError
from core.recipes.recipe import Recipe, open_recipe

AGAIN = 3
"""Times that all files are judged, after one unmeasured file that loads the libraries."""


@dataclass(frozen=True)
class RuntimeCost:
    """What judging takes; None if it was not measured."""

    milliseconds: float | None
    """Per picture or per second of sound, decoding included."""
    megabytes: float | None
    """Peak memory of the process."""


def measured(arguments: Sequence[str]) -> RuntimeCost:
    """Run this module as a process with these arguments. Raises GoodpartError if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "models.comparison.runtime_cost", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        return RuntimeCost(**json.loads(done.stdout.splitlines()[-1]))
    except (ValueError, TypeError, IndexError) as error:
        why = next(
            (line for line in reversed(done.stderr.splitlines()) if line.strip()), f"exit code {done.returncode}"
        )
        raise GoodpartError(f"the time and memory of judging cannot be measured ({why})") from error


def main(arguments: Sequence[str]) -> int:
    """Measure, and print the result as one JSON object; returns the exit code."""
    kind, model, folder, *names = arguments
    files = list(map(Path, names))
    judge, units = judge_of(kind, Path(model), unset(open_recipe(folder)), files)
    judge(files[0])
    started = time.perf_counter()
    for file in files * AGAIN:
        judge(file)
    took = 1000 * (time.perf_counter() - started) / (AGAIN * units)
    print(json.dumps({"milliseconds": round(took, 3), "megabytes": memory()}))
    return 0


def judge_of(kind: str, model: Path, recipe: Recipe, files: Sequence[Path]) -> tuple[Callable[[Path], object], float]:
    """Return a function that decodes and judges a file, and the number of pictures or seconds in the files.

    Raises GoodpartError.
    """
    from core.bundle import read_bundle

    if kind == "image":
        from core.inference.image_file import judge_picture_file
        from core.inference.image_judge import ImageJudge

        image_judge = ImageJudge(recipe, read_bundle(model))
        return (lambda file: judge_picture_file(image_judge, file)), float(len(files))
    from core.features.sound.wav import wave_facts

    seconds = sum(wave_facts(file).seconds for file in files)
    channel = recipe.settings.microphone.channel
    if kind == "sound":
        from core.inference.sound_file import judge_sound_file
        from core.inference.sound_judge import SoundJudge

        sound_judge = SoundJudge(recipe, read_bundle(model))
        return (lambda file: judge_sound_file(sound_judge, file, channel)), seconds
    from models.dcgan.dataset import seconds_of
    from models.dcgan.detection import Detection
    from models.dcgan.training import load

    detection = Detection(load(model))
    return (lambda file: detection.judge_seconds(seconds_of(file, channel))), seconds


def unset(recipe: Recipe) -> Recipe:
    """Return the recipe without thresholds set by hand, and with a share of false alarms that any model supports."""
    from core.settings.recipe_settings import ThresholdTable

    image = replace(recipe.settings.image, thresholds=ThresholdTable())
    sound = replace(recipe.settings.sound, thresholds=ThresholdTable())
    verdict = replace(recipe.settings.verdict, false_alarms=0.5)
    return replace(recipe, settings=replace(recipe.settings, image=image, sound=sound, verdict=verdict))


def memory() -> float | None:
    """Return the peak memory of this process so far in MB; None if the system does not report it."""
    with contextlib.suppress(OSError):
        # Unlike ru_maxrss, VmHWM does not count the memory of the parent process before exec.
        lines = Path("/proc/self/status").read_text().splitlines()
        return round(int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1000 * 1.024, 1)
    if sys.platform == "win32":
        return None
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (1e6 if sys.platform == "darwin" else 1e3 / 1.024), 1)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.exit(main(sys.argv[1:]))
