"""One station a recipe; the lock dies with its process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import GoodpartError
from core.recipes.lock import RecipeLock
from tests.support.data import ROOT
from tests.support.parts import until

HOLDER = """
import sys, time
from pathlib import Path
from core.recipes.lock import RecipeLock
lock = RecipeLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_recipe_can_be_locked_once(tmp_path: Path) -> None:
    lock = RecipeLock(tmp_path)
    with pytest.raises(GoodpartError, match="another goodpart is judging"):
        RecipeLock(tmp_path)
    lock.release()
    lock.release()
    RecipeLock(tmp_path).release()


def test_the_lock_dies_with_its_process(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(GoodpartError, match="another goodpart is judging"):
            RecipeLock(tmp_path)
        os.kill(holder.pid, signal.SIGKILL)
    assert list(tmp_path.iterdir()) == []

    def free() -> bool:
        try:
            RecipeLock(tmp_path).release()
        except GoodpartError:
            return False
        return True

    assert until(free, 2.0)


def test_a_read_only_recipe_can_be_locked(tmp_path: Path, read_only: Callable[[Path], Path]) -> None:
    RecipeLock(read_only(tmp_path)).release()


def test_a_folder_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(GoodpartError, match="cannot be locked"):
        RecipeLock(tmp_path / "none")
