"""Board, pseudo-terminal, station and screen: turn, see, wait, grab, and the board's lamp answers."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Input

from core.commands import SetKnobRange
from core.journal.store import read_journal
from core.knobs.simulated import SimulatedBoard, command_of_board
from core.recipes.recipe import Recipe, open_recipe
from core.settings.recipe_settings import KnobTable
from core.station.ports import device_ports
from core.station.station import Station
from tests.support.parts import Scripted, good_part, goodpart
from tui.app.dashboard import Dashboard
from tui.screens.knob_ranges import typed_range
from tui.widgets.knobs import KnobsPane

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")


async def until(holds: Callable[[], bool], seconds: float = 10.0) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    while not holds():
        assert loop.time() - began < seconds, "it did not come to pass"
        await asyncio.sleep(0.01)
    return loop.time() - began


def listen(board: SimulatedBoard) -> list[str]:
    """What the board's lamp and relay do, as they do it."""
    said: list[str] = []
    process = board._process
    assert process is not None and process.stdout is not None
    stream = process.stdout
    threading.Thread(target=lambda: said.extend(line.decode().strip() for line in iter(stream.readline, b""))).start()
    return said


async def test_turn_see_wait_grab_and_the_lamp_answers(trained: Recipe, tmp_path: Path) -> None:
    link = tmp_path / "knobs"
    board = SimulatedBoard(command_of_board(tmp_path / "boards"), "--link", str(link), "--density", "2765")
    board.start_now()
    said = listen(board)
    source = Scripted()
    source.show(good_part)
    station = Station(trained, device_ports(trained, camera=source, knobs=str(link)))
    app = Dashboard(station)
    now = station.snapshot
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await until(lambda: now().verdict.state == "OK")
            await until(lambda: said[-2:] == ["lamp OK", "relay on"])
            await pilot.press("d")
            assert now().image.thresholds is not None
            before = now().image.thresholds.density
            station.do(SetKnobRange("image", "density", KnobTable("raw")))
            await until(lambda: any(m.range == "raw" for m in now().knobs.meanings))
            process = board._process
            assert process is not None and process.stdin is not None
            process.stdin.write(b"turn 34 3000\n")
            process.stdin.flush()
            await until(lambda: abs(now().knobs.density.value - 3000) < 15)
            assert now().image.thresholds.density == before, "a knob by itself changes nothing"
            app.show()
            pane = ["".join(text for text, _ in line) for line in app.screen.query_one(KnobsPane)._lines]
            assert pane[1].endswith("moving")
            await pilot.press("d")
            await asyncio.sleep(0.2)
            assert now().image.thresholds.density == before, "nor one that still moves"
            await asyncio.sleep(1.2)
            await pilot.press("d")
            await until(lambda: now().verdict.state == "ANOMALY")
            assert now().image.thresholds.density == now().knobs.density.value
            await until(lambda: said[-2:] == ["lamp ANOMALY", "relay off"], 1.0)
            await pilot.press("u")
            await until(lambda: now().image.thresholds.density == before)
            await until(lambda: said[-2:] == ["lamp OK", "relay on"])
            board.stop()
            assert await until(lambda: now().knobs.state == "lost") < 0.5
            app.show()
            pane = ["".join(text for text, _ in line) for line in app.screen.query_one(KnobsPane)._lines]
            assert pane[0].endswith("LOST")
            await pilot.press("d")
            assert "the link is lost" in app._feedback[0]
            await asyncio.sleep(1.5)  # by now it waits its longest between two attempts
            board.start_now()
            assert await until(lambda: now().knobs.state == "live") < 2
    finally:
        station.stop()
        board.stop()
    rows = [row for row in read_journal(trained.journal) if row.kind == "threshold"]
    assert rows[0].data["knob"]["which"] == "density" and rows[0].data["knob"]["sequence"] > 0
    assert rows[0].data["density"]["old"] == before and rows[0].data["density"]["new"] == rows[0].data["knob"]["raw"]
    assert open_recipe(str(trained.folder)).settings.image.knobs.density.range == "raw"


@pytest.mark.parametrize("text", ["", "wide", "1", "2 1", "1 nan", "1 2 3", "raw 1"])
def test_a_range_that_is_none_is_refused_in_words(text: str) -> None:
    from core.errors import GoodpartError

    with pytest.raises(GoodpartError, match=r"type auto|must be lower"):
        typed_range(text)


def test_a_range_is_typed() -> None:
    assert typed_range(" raw ") == KnobTable("raw")
    assert typed_range("-12.5, -3") == KnobTable("span", (-12.5, -3.0))


async def test_the_seeds_own_lines_are_grabbed_as_the_numbers_they_are(trained: Recipe) -> None:
    import os
    import tty

    master, slave = os.openpty()
    tty.setraw(slave)
    for which in ("density", "reconstruction_error"):
        trained.save_knob("image", which, KnobTable("raw"))
    source = Scripted()
    source.show(good_part)
    recipe = open_recipe(str(trained.folder))
    station = Station(recipe, device_ports(recipe, camera=source, knobs=os.ttyname(slave)))
    app = Dashboard(station)
    now = station.snapshot
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await until(lambda: now().image.thresholds is not None and "waiting" in now().knobs.message)
            for _ in range(14):
                os.write(master, b"_34#2765#34_\r\n_39#0.1632#39_\r\n")
                await asyncio.sleep(0.1)
            assert now().knobs.state == "legacy"
            app.show()
            pane = ["".join(text for text, _ in line) for line in app.screen.query_one(KnobsPane)._lines]
            assert pane[0].endswith("LEGACY")
            await pilot.press("g")
            await until(lambda: now().image.thresholds.density == 2765)
            assert now().image.thresholds.reconstruction_error == 0.1632
    finally:
        station.stop()
        os.close(master)
        os.close(slave)


async def test_ranges_are_typed_on_their_screen(trained: Recipe) -> None:
    source = Scripted()
    source.show(good_part)
    station = Station(trained, device_ports(trained, camera=source, knobs="/dev/no-such-port"))
    app = Dashboard(station)
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await until(lambda: station.snapshot().image.thresholds is not None)
            await pilot.press("o")
            field = app.screen.query_one("#density", Input)
            field.value = "[red]"
            await pilot.press("enter")
            assert "type auto, raw" in str(app.screen.query_one("#said").render())
            field.value = "-9.5 -1"
            await pilot.press("enter")
            await until(lambda: open_recipe(str(trained.folder)).settings.image.knobs.density.span == (-9.5, -1.0))
            await pilot.press("escape")
            assert app.screen.query(KnobsPane)
    finally:
        station.stop()


def test_the_commands_find_the_board_and_show_what_it_sends(tmp_path: Path, user: dict[str, str]) -> None:
    link = tmp_path / "knobs"
    board = SimulatedBoard(command_of_board(tmp_path / "boards"), "--link", str(link), "--density", "2765")
    board.start_now()
    try:
        shown = goodpart(["knobs", link, "--for", "3"], user)
        assert shown.returncode == 0
        assert "live  density 27" in shown.stdout and "firmware" in shown.stdout
        listed = goodpart(["devices"], {**user, "GOODPART_PORTS": str(link)})
        assert f"{link}: knobs, firmware" in listed.stdout
    finally:
        board.stop()
    gone = goodpart(["knobs", tmp_path / "none", "--for", "1"], user)
    assert gone.returncode == 1
    assert "no such port" in gone.stdout
