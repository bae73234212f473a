"""Processes that judge uploads, beside a station that goes first."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.errors import GoodpartError, UnreadableError
from core.inference.file_judge import FileJudge
from core.inference.judge_pool import JudgePool
from core.recipes.recipe import Recipe
from core.runtime.child_process import NICE
from tests.support.data import ROOT
from tests.support.parts import until, write_parts


@pytest.fixture(autouse=True)
def anywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    yield


async def test_a_process_judges_as_this_one_does(trained: Recipe, tmp_path: Path) -> None:
    (part,) = write_parts(tmp_path, [77])
    (tmp_path / "torn.png").write_bytes(b"torn")
    pool = JudgePool(trained.folder, count=1)
    try:
        said = await pool.judge(part, "part.png", picture=True)
        assert said == FileJudge(trained)(part, "part.png", picture=True)
        with pytest.raises(UnreadableError, match=r"^torn\.png: is not a picture"):
            await pool.judge(tmp_path / "torn.png", "torn.png")
        trained.image_bundle.write_bytes(b"no model")
        with pytest.raises(GoodpartError, match="torn or not a goodpart model"):
            await pool.judge(part, "part.png")
        assert pool.crashed == 0
    finally:
        await pool.close()


@pytest.mark.skipif(sys.platform == "win32", reason="priorities of POSIX")
async def test_its_processes_have_a_low_priority_and_end_with_it(trained: Recipe) -> None:
    pool = JudgePool(trained.folder, count=1)
    await pool.start()
    (worker,) = pool._all
    pid = worker.process.pid
    assert os.getpriority(os.PRIO_PROCESS, pid) == NICE
    assert psutil.Process(pid).environ()["OMP_NUM_THREADS"] == "1"
    await pool.close()
    assert until(lambda: not psutil.pid_exists(pid), 5)
    with pytest.raises(GoodpartError, match="ending"):
        await pool.judge(trained.toml, "x")
