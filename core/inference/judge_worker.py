"""A process that judges files for the service: `python -m core.inference.judge_worker RECIPE [AMULET MODEL]`.

It reads one line of JSON per file on standard input and writes one line of JSON per answer on standard output. It ends
when its input closes. A decoder that crashes or uses up the memory ends only this process, and one answer is lost.
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
"""Seconds of a recording; longer ones are refused."""
PIXELS = 32_000_000
"""Pixels of a picture; larger ones are refused."""
WORKER_BYTES = 1_500_000_000
"""Bytes of address space that the process may use beyond what it uses at start."""


def main() -> None:
    """Run the worker until its standard input closes."""
    os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(PIXELS)
    # Libraries may print: keep standard output for the answers and discard everything else.
    answers = os.fdopen(os.dup(1), "w")
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    os.dup2(devnull, 2)
    # Loaded before the memory limit is set, so that the modules do not count against the memory of a file.
    from core.inference import amulet_analysis, image_file  # noqa: F401
    from core.inference.file_judge import CurrentFileJudge

    recipe, *amulet = map(Path, sys.argv[1:])
    current = CurrentFileJudge(recipe, amulet[0] if amulet else None, SOUND_SECONDS)
    limit_memory()
    serve(current, sys.stdin, answers)


def limit_memory() -> None:
    """Limit the address space of this process, on systems that support it; models and decoding share WORKER_BYTES."""
    with suppress(ImportError, OSError, ValueError, StopIteration):
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + WORKER_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def serve(current: Callable[[], Any], jobs: IO[str], answers: IO[str]) -> None:
    """Answer every line of `jobs` with the FileJudge that `current` returns at that moment."""
    answers.write("{}\n")  # reports that the worker is ready
    answers.flush()
    for line in jobs:
        job = json.loads(line)
        file = Path(job.pop("file"))
        answers.write(json.dumps(answer(current, file, job)) + "\n")
        answers.flush()


def answer(current: Callable[[], Any], file: Path, job: dict[str, Any]) -> dict[str, Any]:
    """Judge one file. Return `result`, or `error` as text and `unreadable`: whether the file is the cause."""
    from core.errors import GoodpartError, UnreadableError

    name = job["name"]
    try:
        judge = current()
        if job.pop("amulet", False):
            return {"result": judge.analysis(file, name, job.get("sensitivity"))}
        return {"result": judge(file, **job)}
    except GoodpartError as error:
        text = str(error).replace(str(file), name)
        return {"error": text, "unreadable": isinstance(error, UnreadableError)}
    except MemoryError:
        return {"error": f"{name}: takes too much memory to decode", "unreadable": True}
    except Exception as error:  # noqa: BLE001 - the process with its models must survive a broken file
        return {"error": f"{name}: cannot be judged ({type(error).__name__})", "unreadable": True}


if __name__ == "__main__":
    main()
