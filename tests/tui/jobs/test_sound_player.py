"""Playing the newest recording: where it is, how it ends, and a machine without a loudspeaker."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from core.recipes.recipe import Recipe
from core.sources.microphone import portaudio
from core.sources.microphone.portaudio import MicrophoneLost
from tests.support.fake_station import sound_alone
from tests.tui.app.test_shell import Bench, becomes, bench, running, shows
from tui.app.shell import Shell

__all__ = ["bench"]
RATE = 8192
BLOCKS = 6
"""Of 4096 samples, half a second each."""


class Loudspeaker:
    """In place of sounddevice: takes a block when it is told to."""

    def __init__(self) -> None:
        self.taken = threading.Semaphore(0)
        self.heard = 0
        self.opened = self.closed = False
        self.channels = 0

    def stream(self, rate: float, channels: int, dtype: str) -> Any:
        assert (rate, dtype) == (RATE, "float32")
        self.channels = channels
        return self

    def __enter__(self) -> Loudspeaker:
        self.opened = True
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def write(self, block: np.ndarray[Any, np.dtype[np.float32]]) -> None:
        assert self.taken.acquire(timeout=20)
        assert block.shape == (4096, self.channels)
        self.heard += 1


@pytest.fixture
def loudspeaker(monkeypatch: pytest.MonkeyPatch) -> Loudspeaker:
    made = Loudspeaker()
    monkeypatch.setattr(portaudio, "portaudio", lambda: SimpleNamespace(OutputStream=made.stream))
    return made


@pytest.fixture
def recorded(bench: Bench) -> Recipe:
    recipe = bench.make("motor")
    for name, blocks in (("000001-recorded.wav", 1), ("000002-recorded.wav", BLOCKS)):
        soundfile.write(recipe.good_sound / name, np.zeros(blocks * 4096, np.float32), RATE)
    return recipe


async def test_the_newest_recording_plays_and_says_where_it_is(
    bench: Bench, recorded: Recipe, loudspeaker: Loudspeaker
) -> None:
    shell = Shell(recorded, bench.open)
    async with running(shell) as pilot:
        bench.stations["motor"].publish(replace(sound_alone(), recipe="motor"))
        await pilot.press("2", "p")
        await becomes(pilot, shell, shows(shell, "playing 0:00 of 0:03"))
        for _ in range(4):
            loudspeaker.taken.release()
        await becomes(pilot, shell, shows(shell, "playing 0:02 of 0:03"))
        await pilot.press("p")
        await becomes(pilot, shell, shows(shell, "stopped playing"))
        loudspeaker.taken.release()
        await becomes(pilot, shell, lambda: loudspeaker.closed)
        await becomes(pilot, shell, lambda: not shows(shell, " of 0:03")())
        assert loudspeaker.heard == 5  # the one that was in the air, and none after it


async def test_a_recording_that_is_over_is_over(bench: Bench, recorded: Recipe, loudspeaker: Loudspeaker) -> None:
    for _ in range(BLOCKS):
        loudspeaker.taken.release()
    shell = Shell(recorded, bench.open)
    async with running(shell) as pilot:
        bench.stations["motor"].publish(replace(sound_alone(), recipe="motor"))
        await pilot.press("2", "p")
        await becomes(pilot, shell, lambda: loudspeaker.closed)
        assert loudspeaker.heard == BLOCKS
        await becomes(pilot, shell, lambda: not shows(shell, " of 0:03")())
        await pilot.press("p")
        await becomes(pilot, shell, shows(shell, "playing the newest recording"))
        loudspeaker.taken.release(BLOCKS)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MicrophoneLost("the PortAudio library is missing: install libportaudio2"), "the PortAudio library is missing"),
        (RuntimeError("Error querying device -1"), "is there a loudspeaker?"),
    ],
)
async def test_where_there_is_no_loudspeaker_it_says_so(
    error: Exception, words: str, bench: Bench, recorded: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> None:
        raise error

    monkeypatch.setattr(portaudio, "portaudio", none)
    shell = Shell(recorded, bench.open)
    async with running(shell) as pilot:
        bench.stations["motor"].publish(replace(sound_alone(), recipe="motor"))
        await pilot.press("2", "p")
        await becomes(pilot, shell, shows(shell, words))


async def test_leaving_the_screen_ends_it(bench: Bench, recorded: Recipe, loudspeaker: Loudspeaker) -> None:
    shell = Shell(recorded, bench.open)
    async with running(shell) as pilot:
        bench.stations["motor"].publish(replace(sound_alone(), recipe="motor"))
        await pilot.press("2", "p")
        await becomes(pilot, shell, lambda: loudspeaker.opened)
        await pilot.press("5")
        loudspeaker.taken.release(2)
        await becomes(pilot, shell, lambda: loudspeaker.closed)
        assert loudspeaker.heard < BLOCKS


async def test_without_a_recording_it_says_what_to_do(bench: Bench) -> None:
    shell = Shell(bench.make("motor"), bench.open)
    async with running(shell) as pilot:
        bench.stations["motor"].publish(replace(sound_alone(), recipe="motor"))
        await pilot.press("2", "p")
        await becomes(pilot, shell, shows(shell, "there is no recording to play yet: record one first"))
