"""A process that judges files for the service: `python -m core.inference.judge_worker RECIPE [AMULET MODEL]`.

A line of JSON a file on standard input, a line of JSON an answer on standard output. It ends with its input. A decoder
that crashes or swallows the memory takes this process with it, and one answer.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

SOUND_SECONDS = 300.0
PIXELS = 32_000_000
"""Longer recordings and larger pictures are not judged."""
WORKER_BYTES = 1_500_000_000
"""Address space that the process may take beyond what its models take."""


def main() -> None:
    os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(PIXELS)
    # Libraries may print; the answers must not be mixed with that.
    answers = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    # What every file needs is there before the first one comes, and does not count as memory for it.
    from core.inference import amulet_analysis, image_file  # noqa: F401
    from core.inference.file_judge import CurrentFileJudge

    recipe, *amulet = map(Path, sys.argv[1:])
    current = CurrentFileJudge(recipe, amulet[0] if amulet else None, SOUND_SECONDS)
    limit_memory()
    serve(current, sys.stdin, answers)


def limit_memory() -> None:
    """What the models take is taken from the first file on; the rest must do for decoding."""
    with suppress(ImportError, OSError, ValueError, StopIteration):
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + WORKER_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def serve(current: Callable[[], Any], jobs: IO[str], answers: IO[str]) -> None:
    """Answer every job, each by the judge that `current` gives for it."""
    answers.write("{}\n")  # ready
    answers.flush()
    for line in jobs:
        job = json.loads(line)
        file = Path(job.pop("file"))
        answers.write(json.dumps(answer(current, file, job)) + "\n")
        answers.flush()


def answer(current: Callable[[], Any], file: Path, job: dict[str, Any]) -> dict[str, Any]:
    """`result`, or `error` in words and whether the file is to blame (`unreadable`)."""
    from core.errors import GoodpartError, UnreadableError

    name = job["name"]
    try:
        judge = current()
        if job.pop("amulet", False):
            return {"result": judge.analysis(file, name, job.get("sensitivity"))}
        return {"result": judge(file, **job)}
    except GoodpartError as error:
        words = str(error).replace(str(file), name)
        return {"error": words, "unreadable": isinstance(error, UnreadableError)}
    except MemoryError:
        return {"error": f"{name}: takes too much memory to decode", "unreadable": True}
    except Exception as error:  # noqa: BLE001 - one answer, not the process with its models
        return {"error": f"{name}: cannot be judged ({type(error).__name__})", "unreadable": True}


if __name__ == "__main__":
    main()
