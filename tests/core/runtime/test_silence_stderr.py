"""Standard error is closed to libraries, and open again afterwards, whoever else is inside."""

from __future__ import annotations

import os
import threading

import pytest

from core.runtime.silence_stderr import quiet
from tests.support.parts import until


def write(words: str) -> None:
    os.write(2, words.encode())


def test_what_libraries_write_is_not_seen_and_what_follows_is(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="raised"), quiet():
        write("inside")
        raise ValueError("raised")
    write("after")
    assert capfd.readouterr().err == "after"


def test_who_never_comes_back_holds_up_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    inside, leave = threading.Event(), threading.Event()

    def stuck() -> None:
        with quiet():
            inside.set()
            leave.wait(10)

    first = threading.Thread(target=stuck)
    first.start()
    assert inside.wait(5)
    with quiet():
        write("both")
    write("one")
    leave.set()
    assert until(lambda: not first.is_alive())
    write("none")
    assert capfd.readouterr().err == "none"
