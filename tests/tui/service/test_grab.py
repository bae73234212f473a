"""POST /grab with the board behind a pseudo-terminal: done where the station has done it, refused where it has not."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from core.journal.store import read_journal
from core.knobs.simulated import SimulatedBoard, command_of_board
from core.recipes.recipe import Recipe
from tests.support.parts import until
from tests.support.served import Served, serving

User = Mapping[str, str]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")


class Desk:
    """A board with knobs, and the service that it belongs to."""

    def __init__(self, served: Served, board: SimulatedBoard) -> None:
        self.served, self.board = served, board

    def turn(self, counts: int) -> None:
        process = self.board._process
        assert process is not None and process.stdin is not None
        process.stdin.write(b"turn 34 %d\n" % counts)
        process.stdin.flush()
        self.served.until(lambda now: abs(now["knobs"]["density"]["value"] - counts) < 15)

    def grab(self, **asked: str) -> tuple[int, Any]:
        return self.served.post("/grab", {"knobs": "density", **asked})

    def grab_when_still(self) -> dict[str, Any]:
        """The thresholds then."""
        got: list[tuple[int, Any]] = []

        def done() -> bool:
            got[:] = [self.grab()]
            return got[0][0] == 200

        assert until(done, 15), got
        assert got[0][1]["done"] is True
        thresholds: dict[str, Any] = got[0][1]["thresholds"]
        return thresholds


@pytest.fixture
def desk(trained: Recipe, user: User, tmp_path: Path) -> Iterator[Desk]:
    link = tmp_path / "knobs"
    board = SimulatedBoard(command_of_board(tmp_path / "boards"), "--link", str(link), "--density", "2000")
    board.start_now()
    try:
        with serving(trained.folder, user, "--port", "0", "--camera", "simulated", "--knobs", link) as served:
            served.until(lambda now: now["image"]["thresholds"] is not None and now["knobs"]["density"] is not None)
            yield Desk(served, board)
    finally:
        board.stop()


def meant(served: Served) -> float:
    knobs = served.get("/snapshot")[1]["snapshot"]["knobs"]
    (one,) = [m for m in knobs["meanings"] if (m["sense"], m["which"]) == ("image", "density")]
    threshold: float = one["threshold"]
    return threshold


def test_what_is_grabbed_is_what_the_station_took(desk: Desk, trained: Recipe) -> None:
    first = desk.grab_when_still()
    assert first["by"] == "knob"
    assert first["density"] == pytest.approx(meant(desk.served), abs=first["density_step"])
    # A knob that lies still is grabbed again; nothing in the thresholds tells that it was.
    assert desk.grab() == (200, {"done": True, "thresholds": first})
    desk.turn(3000)
    second = desk.grab_when_still()
    assert second["density"] == pytest.approx(meant(desk.served), abs=second["density_step"])
    assert second["density"] != first["density"]
    assert until(lambda: len([row for row in read_journal(trained.journal) if row.kind == "threshold"]) == 3)


def test_what_is_refused_after_a_grab_is_told_each_time(desk: Desk) -> None:
    taken = desk.grab_when_still()
    for counts in (2500, 3000):
        desk.turn(counts)
        status, said = desk.grab()
        assert (status, said) == (409, {"error": "not grabbed: the density knob is still moving: let go for a second"})
    for _ in range(2):  # the same words again
        status, said = desk.grab(sense="sound")
        assert (status, "the recipe has no sound" in said["error"]) == (409, True)
    assert desk.served.get("/snapshot")[1]["snapshot"]["image"]["thresholds"] == taken
    desk.board.stop()
    desk.served.until(lambda now: now["knobs"]["state"] == "lost")
    status, said = desk.grab()
    assert (status, "the link is lost" in said["error"]) == (409, True)


def test_grabs_at_one_time_get_an_answer_each(desk: Desk) -> None:
    taken = desk.grab_when_still()
    with ThreadPoolExecutor(6) as pool:
        good = [pool.submit(desk.grab) for _ in range(3)]
        bad = [pool.submit(desk.grab, sense="sound") for _ in range(3)]
        assert [one.result() for one in good] == [(200, {"done": True, "thresholds": taken})] * 3
        assert [one.result()[0] for one in bad] == [409] * 3


def test_a_refusal_is_told_at_once(desk: Desk) -> None:
    desk.grab(sense="sound")
    began = time.monotonic()
    for _ in range(5):
        assert "no sound" in desk.grab(sense="sound")[1]["error"]
    assert time.monotonic() - began < 8  # five times two seconds where it is waited for
