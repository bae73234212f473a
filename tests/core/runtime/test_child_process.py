"""A child tells lines of JSON, hears when it is to end, and never outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.runtime.child_process import NICE, ChildProcess, json_object
from tests.support.data import ROOT
from tests.support.parts import until

CHILD = """
import sys, time
from pathlib import Path
from core.runtime.child_process import end_with_parent
end_with_parent(*map(Path, sys.argv[1:]))
print("a library talks", flush=True)
print('{"state": "there"}', flush=True)
time.sleep(60)
"""
PARENT = """
from core.runtime.child_process import ChildProcess
child = ChildProcess("child", [], {})
print(child.pid, next(child.messages()), flush=True)
child.wait()
"""
there = pytest.mark.skipif(sys.platform == "win32", reason="signals and groups of POSIX")


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules that a child may be."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "child.py").write_text(CHILD)
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{ROOT}")
    return folder


def made(modules: Path, code: str, *arguments: str, **environment: str) -> ChildProcess:
    (modules / "made.py").write_text(code)
    return ChildProcess("made", arguments, environment)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_its_messages_its_last_words_and_its_exit_code_are_read(modules: Path) -> None:
    code = """
import os, sys
print('{"argument": "%s", "variable": "%s"}' % (sys.argv[1], os.environ["VARIABLE"]))
print("[1]")
print("no JSON")
print('{"number": 2}')
print("first", file=sys.stderr)
print("MemoryError: so large\\n", file=sys.stderr)
sys.exit(7)
"""
    child = made(modules, code, "one", VARIABLE="two")
    assert list(child.messages()) == [{"argument": "one", "variable": "two"}, {"number": 2}]
    assert (child.wait(), child.last_words) == (7, "MemoryError: so large")


def test_a_child_that_says_nothing_has_no_last_words(modules: Path) -> None:
    child = made(modules, "")
    assert (list(child.messages()), child.wait(), child.last_words) == ([], 0, "")


def test_it_does_not_wait_for_errors_to_be_read(modules: Path) -> None:
    child = made(modules, "import sys\nfor n in range(20000): print('line', n, file=sys.stderr)\nprint('{}')")
    assert list(child.messages()) == [{}]
    assert (child.wait(), child.last_words) == (0, "line 19999")


@there
def test_it_has_a_low_priority_and_a_group_of_its_own(modules: Path) -> None:
    child = ChildProcess("child", [], {})
    next(child.messages())
    assert os.getpriority(os.PRIO_PROCESS, child.pid) == NICE
    assert os.getpgid(child.pid) == child.pid
    child.cancel()
    child.wait()


@there
def test_it_ends_when_its_input_closes_and_takes_away_what_it_had_begun(modules: Path, tmp_path: Path) -> None:
    child = ChildProcess("child", [str(tmp_path)], {})
    next(child.messages())
    begun, others = (tmp_path / f".model.{pid}-x.tmp" for pid in (child.pid, child.pid + 1))
    begun.touch()
    others.touch()
    child.end()
    assert child.wait() == -signal.SIGKILL  # with the group that it leads
    assert (begun.exists(), others.exists()) == (False, True)


@there
def test_it_is_killed_with_its_own_children_if_it_does_not_listen(modules: Path) -> None:
    code = """
import subprocess, sys, time
own = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print('{"own": %d}' % own.pid, flush=True)
time.sleep(60)
"""
    child = made(modules, code)
    own = int(next(child.messages())["own"])
    began = time.monotonic()
    child.cancel()
    assert child.wait() == -signal.SIGKILL
    assert time.monotonic() - began < 3
    assert until(lambda: gone(own), 3)


def test_it_does_not_outlive_its_parent(modules: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid, _, said = parent.stdout.readline().partition(" ")
        assert "there" in said and not gone(int(pid))
        parent.kill()
    assert until(lambda: gone(int(pid)), 3)


def test_a_child_that_cannot_be_started_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(OSError):
        ChildProcess("child", [], {})


@pytest.mark.parametrize("line", ["", "no json", "[]", "null", "7", "{" * 100])
def test_what_is_no_object_is_passed_over(line: str) -> None:
    assert json_object(line) is None
    assert json_object(line.encode()) is None
