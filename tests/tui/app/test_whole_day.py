"""A technician's whole day by keys alone, on a real terminal with a real station on the simulated bench: a new part
number, teaching, training, calibrating, watching, an anomaly, a look back, an export."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from core.journal.store import read_journal
from core.recipes.recipe import open_recipe
from tests.support.terminal_rig import TerminalRig

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals"),
]
PATIENCE = 120.0


class Day:
    """What a technician does: press, look, wait."""

    def __init__(self, rig: TerminalRig) -> None:
        self.rig = rig

    def sees(self, words: str, seconds: float = PATIENCE) -> None:
        """Waits until the screen shows it, as a regular expression."""
        found = re.compile(words)
        assert self.rig.run(seconds, lambda: found.search(self.rig.text()) is not None), (
            f"{words!r} did not come:\n{self.rig.text()}"
        )

    def press(self, keys: str) -> None:
        self.rig.type(keys)


@pytest.fixture
def home(tmp_path: Path, user: dict[str, str]) -> dict[str, str]:
    return user | {"GOODPART_DATA_HOME": str(tmp_path / "recipes"), "TERM": "xterm-256color", "COLORTERM": "truecolor"}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_a_whole_day_by_keys(size: tuple[int, int], home: Mapping[str, str], tmp_path: Path) -> None:
    with TerminalRig(["-m", "tui", "recipes"], size=size, variables=home) as rig:
        day = Day(rig)
        day.sees("There are no recipes yet")
        day.press("npump-7\rsimulated\r\r\r")
        day.sees("light and sharpness")
        day.press("i")
        day.sees("STORING")
        # On a busy machine the bench shows some of its parts for two pictures, and two alike count as one.
        day.sees(r"\b[4-9]\d good")
        day.press("i")
        day.sees("pictures of good parts")
        day.press("f")
        day.press("i")
        day.sees(r"[4-9] defective")
        day.press("i")
        day.sees("pictures of defective parts")
        day.press("3")
        day.sees("Nothing was learnt yet")
        day.press("t")
        day.sees("the new model, not used yet")
        day.sees(r"\d of [4-9] found")
        day.press(" ")
        day.sees("of the alarm level")
        day.press("n")
        day.sees("the model in use")
        day.press("4")
        day.sees(r"20 % +4")
        day.press("\x1b[B\r")
        day.sees("calibrated for 10 %")
        day.press("s")
        day.sees("saved")
        day.press("5")
        day.sees("truth: good")
        day.sees(r"ANOMALY +truth: (?!good)")
        day.press("6")
        day.sees("ANOMALY")
        day.press("x")
        day.sees(r"history-\d+")
        day.press("q")
        assert rig.run(PATIENCE, rig.ended) and rig.process.returncode == 0
    recipe = open_recipe(str(tmp_path / "recipes" / "pump-7"))
    assert recipe.settings.verdict.false_alarms == 0.1
    told = [(event.kind, event.verdict) for event in read_journal(recipe.journal)]
    for row in (("teaching", ""), ("training", ""), ("threshold", ""), ("verdict", "ANOMALY")):
        assert row in told
    assert told[-1] == ("stop", "")
    (export,) = recipe.folder.glob("history-*.csv")
    with export.open(encoding="utf-8", newline="") as file:
        assert any(row["verdict"] == "ANOMALY" for row in csv.DictReader(file))


class Teletype(TerminalRig):
    """A terminal that only prints: what has come since something was typed."""

    def __init__(self, home: Mapping[str, str]) -> None:
        super().__init__(["-m", "tui", "recipes"], variables={**home, "TERM": "dumb"})
        self._since = 0

    def say(self, line: str) -> None:
        self._since = len(self.received)
        self.type(f"{line}\r")

    def hears(self, words: str) -> None:
        found = re.compile(words)
        assert self.run(PATIENCE, lambda: found.search(self.received[self._since :].decode()) is not None), (
            f"{words!r} did not come:\n{self.received[self._since :].decode()}"
        )


@pytest.fixture
def teletype(home: Mapping[str, str]) -> Iterator[Teletype]:
    with Teletype(home) as rig:
        yield rig


def test_a_whole_day_in_line_mode(teletype: Teletype, tmp_path: Path) -> None:
    teletype.hears("recipes>")
    teletype.say("new pump-7 simulated")
    teletype.hears("pump-7 is made")
    teletype.say("teach 40")
    teletype.hears("40 pictures of good parts stored")
    teletype.say("teach 4 defect")
    teletype.hears("4 pictures of defective parts stored")
    teletype.say("train")
    teletype.hears("a new model is ready")
    teletype.say("result")
    teletype.hears(r"\d of 4 defects found")
    teletype.say("use")
    teletype.hears(r" (OK|ANOMALY) ")
    teletype.say("calibrate 0.1")
    teletype.hears("calibrating for 10 %")
    teletype.say("save")
    teletype.hears("saving")
    teletype.hears(r" ANOMALY [^\n]*truth: (?!good)")
    teletype.say("history 5")
    teletype.hears("ANOMALY")
    teletype.say("export")
    teletype.hears(r"history-\d+")
    teletype.say("close")
    teletype.hears("recipes>")
    teletype.say("list")
    teletype.hears("pump-7: trained")
    teletype.say("q")
    assert teletype.run(PATIENCE, teletype.ended) and teletype.process.returncode == 0
    assert max(teletype.received) < 128 and b"\x1b" not in teletype.received
    recipe = open_recipe(str(tmp_path / "recipes" / "pump-7"))
    assert list(recipe.folder.glob("history-*.csv"))
    assert [event.kind for event in read_journal(recipe.journal)][-1] == "stop"
