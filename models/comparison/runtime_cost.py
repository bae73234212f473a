"""What judging costs, in a process of its own.

`python -m models.comparison.runtime_cost image|sound|dcgan MODEL RECIPE FILE ...` prints
milliseconds for a picture or a second of sound, and the process's memory in MB.
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
"""Times that the files are judged after a first one, which loads what is needed."""


@dataclass(frozen=True)
class RuntimeCost:
    milliseconds: float | None
    megabytes: float | None


def measured(arguments: Sequence[str]) -> RuntimeCost:
    """Raises GoodpartError where the process fails."""
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
        raise GoodpartError(f"what judging costs cannot be measured ({why})") from error


def main(arguments: Sequence[str]) -> int:
    kind, model, folder, *names = arguments
    files = list(map(Path, names))
    judge, units = judge_of(kind, Path(model), unset(open_recipe(folder)), files)
    judge(files[0])
    began = time.perf_counter()
    for file in files * AGAIN:
        judge(file)
    took = 1000 * (time.perf_counter() - began) / (AGAIN * units)
    print(json.dumps({"milliseconds": round(took, 3), "megabytes": memory()}))
    return 0


def judge_of(kind: str, model: Path, recipe: Recipe, files: Sequence[Path]) -> tuple[Callable[[Path], object], float]:
    """What judges a file, decoding included, and how many pictures or seconds the files are. Raises GoodpartError."""
    from core.bundle import read_bundle

    if kind == "image":
        from core.inference.image_file import judge_picture_file
        from core.inference.image_judge import ImageJudge

        seeing = ImageJudge(recipe, read_bundle(model))
        return (lambda file: judge_picture_file(seeing, file)), float(len(files))
    from core.features.sound.wav import wave_facts

    seconds = sum(wave_facts(file).seconds for file in files)
    channel = recipe.settings.microphone.channel
    if kind == "sound":
        from core.inference.sound_file import judge_sound_file
        from core.inference.sound_judge import SoundJudge

        ear = SoundJudge(recipe, read_bundle(model))
        return (lambda file: judge_sound_file(ear, file, channel)), seconds
    from models.dcgan.dataset import seconds_of
    from models.dcgan.detection import Detection
    from models.dcgan.training import load

    detection = Detection(load(model))
    return (lambda file: detection.judge_seconds(seconds_of(file, channel))), seconds


def unset(recipe: Recipe) -> Recipe:
    """The recipe without thresholds set by hand, and with a target that any model supports."""
    from core.settings.recipe_settings import ThresholdTable

    image = replace(recipe.settings.image, thresholds=ThresholdTable())
    sound = replace(recipe.settings.sound, thresholds=ThresholdTable())
    verdict = replace(recipe.settings.verdict, false_alarms=0.5)
    return replace(recipe, settings=replace(recipe.settings, image=image, sound=sound, verdict=verdict))


def memory() -> float | None:
    """MB, at most so far; None where the system does not tell."""
    with contextlib.suppress(OSError):
        # What a process was before it became this program does not count here; in ru_maxrss it does.
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
