"""docs/extending.md is true: its examples, put into a copy of the program, do what they promise, in as many files."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.recipes.recipe import Recipe, new_recipe
from core.settings.recipe_settings import CameraTable, Settings, VerdictTable
from tests.support.data import ROOT
from tests.support.extension_guide import GUIDE, Step, apply, sections, steps_of
from tests.support.parts import HEIGHT, WIDTH, environment, good_part, goodpart, write_parts
from tests.support.served import serving

MOST_FILES = {
    "A setting": 1,
    "A source": 2,
    "A method": 3,
    "A rule": 2,
    "An output": 3,
    "A screen": 4,
    "A command and a key": 4,
}
"""Per section. More would say that the structure has become worse."""

PILOT = """
import asyncio, sys

from core.recipes.recipe import open_recipe
from tests.support.fake_station import FakeStation
from tests.tui.app.test_dashboard import screen_text
from tui.app.shell import Shell


async def main():
    station = FakeStation()
    shell = Shell(open_recipe(sys.argv[1]), lambda _: station)
    async with shell.run_test(size=(80, 24)) as pilot:
        await pilot.press("y", "9")
        while type(shell.screen).__name__ != "ShiftScreen" or "parts" not in screen_text(shell):
            await pilot.pause(0.02)
        print(station.calls, screen_text(shell), sep="\\n")


asyncio.run(asyncio.wait_for(main(), 30))
"""
"""The dashboard in a process that has the copy; it ends when the new screen is shown."""


@dataclass(frozen=True)
class Extended:
    """A copy of the program with every example, and a user of it."""

    root: Path
    env: Mapping[str, str]

    def makes(self, folder: Path) -> Recipe:
        """A recipe that was taught, and judges fast by the method, rule, source and output of the examples."""
        frames = folder.with_name("frames.npy")
        np.save(frames, np.stack([good_part(seed) for seed in range(20)]))
        settings = Settings(
            camera=CameraTable(source="0", width=WIDTH, height=HEIGHT, fps=50.0),
            verdict=VerdictTable(rate=50.0, settle=False),
        )
        recipe = new_recipe(str(folder), settings)
        recipe.change("camera", {"source": str(frames)})
        recipe.change("image", {"method": "mean grey", "rule": "distance"})
        recipe.change("outputs", {"lines": {"file": "turns.txt"}})
        write_parts(recipe.good_images, range(20))
        return recipe


def test_every_block_of_the_guide_names_its_file_and_place() -> None:
    text = GUIDE.read_text()
    fences = [line for line in text.splitlines() if line.startswith("```")]
    assert 2 * len(steps_of(text)) == len(fences) > 40
    assert "\n    " not in re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("section", MOST_FILES)
def test_an_extension_touches_few_files(section: str) -> None:
    files = {step.path for step in steps_of(sections(GUIDE.read_text())[section])}
    assert 0 < len(files) <= MOST_FILES[section], files


def test_the_guide_has_a_section_for_every_extension() -> None:
    assert list(sections(GUIDE.read_text())) == list(MOST_FILES)


def test_a_place_that_is_missing_or_not_clear_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text("ROWS = (\n    1,\n    1,\n)\n")
    apply(Step("file.py", "at the end of", "ROWS = (", "    2,\n"), tmp_path)
    assert (tmp_path / "file.py").read_text() == "ROWS = (\n    1,\n    1,\n    2,\n)\n"
    for anchor in ("    1,", "    3,"):
        with pytest.raises(ValueError, match="lines contain"):
            apply(Step("file.py", "below the line with", anchor, "    4,\n"), tmp_path)
    with pytest.raises(ValueError, match="no new file"):
        apply(Step("file.py", "a new file", "", ""), tmp_path)


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Extended:
    root, home = tmp_path_factory.mktemp("extended"), tmp_path_factory.mktemp("home")
    for package in ("core", "models", "tui"):
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    for step in steps_of(GUIDE.read_text()):
        apply(step, root)
    env = environment(home)
    paths = env["PYTHONPATH"].split(os.pathsep)
    # Without the folder that a process is started in: the copy comes before the program itself, which has the tests.
    env |= {"PYTHONPATH": os.pathsep.join([paths[0], str(root), *paths[1:]]), "PYTHONSAFEPATH": "1"}
    return Extended(root, env)


@pytest.fixture(scope="module")
def learnt(extended: Extended, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Recipe, str]]:
    """A recipe that has learnt by the examples, and what was said of it."""
    recipe = extended.makes(tmp_path_factory.mktemp("learnt") / "pump")
    done = goodpart(["train", recipe.folder], extended.env)
    assert done.returncode == 0, done.stdout + done.stderr
    yield recipe, done.stdout


def test_the_blocks_are_written_as_the_rest_of_the_code(extended: Extended) -> None:
    shutil.copy(ROOT / "pyproject.toml", extended.root)
    for arguments in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        ruff = [sys.executable, "-P", "-m", "ruff", *arguments, "core", "models", "tui"]
        done = subprocess.run(ruff, cwd=extended.root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_setting_is_explained_bounded_and_refused(extended: Extended, tmp_path: Path) -> None:
    made = goodpart(["new", tmp_path / "pump"], extended.env)
    assert made.returncode == 0, made.stderr
    toml = tmp_path / "pump" / "recipe.toml"
    assert "# days that evidence is kept at most; 0 for no limit\nkeep_days = 0\n" in toml.read_text()
    toml.write_text(toml.read_text().replace("keep_days = 0", "keep_days = 4000"))
    refused = goodpart(["train", tmp_path / "pump"], extended.env)
    assert refused.returncode == 2
    assert "`keep_days` is 4000 but must lie between 0 and 3650" in refused.stderr


def test_the_method_is_offered_and_learns_by_the_rule(extended: Extended, learnt: tuple[Recipe, str]) -> None:
    offered = goodpart(["train", "--help"], extended.env)
    assert "features (default), seed or mean grey" in " ".join(offered.stdout.split())
    assert "method mean grey, rule distance" in learnt[1]


def test_the_method_and_the_rule_judge_files(extended: Extended, learnt: tuple[Recipe, str], tmp_path: Path) -> None:
    recipe, _ = learnt
    bright = tmp_path / "bright.png"
    assert cv2.imwrite(str(bright), cv2.convertScaleAbs(good_part(3), alpha=1.0, beta=40))
    done = goodpart(["score", recipe.folder, "--json", recipe.good_images / "part3.png", bright], extended.env)
    assert done.returncode == 1, done.stderr
    good, bad = (json.loads(line) for line in done.stdout.splitlines())
    assert (good["verdict"], bad["verdict"]) == ("OK", "ANOMALY")


def test_the_source_is_watched_and_the_output_is_fed(extended: Extended, learnt: tuple[Recipe, str]) -> None:
    recipe, _ = learnt
    done = goodpart(["watch", recipe.folder, "--headless", "--for", "3"], extended.env)
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["verdict"] == "OK" and last["image"]["density"] < 0
    written = (recipe.folder / "turns.txt").read_text().splitlines()
    assert "OK" in [line.split()[1] for line in written]


def test_the_command_is_taken_over_http(extended: Extended, learnt: tuple[Recipe, str]) -> None:
    recipe, _ = learnt
    with serving(recipe.folder, extended.env, "--port", "0") as served:
        assert served.post("/command/mark", {"by": "gate"}) == (202, {"accepted": "mark"})
        served.until(lambda now: now["image"]["judged"] is not None)
    history = goodpart(["history", recipe.folder, "--kind", "command", "--json"], extended.env)
    assert "marked by gate, " in history.stdout


def test_the_line_mode_has_the_word(extended: Extended, learnt: tuple[Recipe, str]) -> None:
    recipe, _ = learnt
    watch = [sys.executable, "-m", "tui", "watch", str(recipe.folder), "--line", "--for", "5"]
    done = subprocess.run(
        watch, env=dict(extended.env), input="mark\n", capture_output=True, text=True, timeout=60, check=False
    )
    assert "marked in the journal" in done.stdout, done.stderr
    history = goodpart(["history", recipe.folder, "--kind", "command", "--json"], extended.env)
    assert "marked by line" in history.stdout


def test_the_key_gives_the_command_and_the_number_opens_the_screen(
    extended: Extended, learnt: tuple[Recipe, str]
) -> None:
    recipe, _ = learnt
    pilot = [sys.executable, "-c", PILOT, str(recipe.folder)]
    done = subprocess.run(pilot, env=dict(extended.env), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "MarkMoment(by='key')" in done.stdout
    assert "88 parts" in done.stdout and "83 OK  4 ANOMALY  1 UNKNOWN" in done.stdout
