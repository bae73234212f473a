"""Calls made up by a machine, from the service's own description and from the commands' own arguments, on a recipe that
is thrown away: an answer each, in JSON, never 5xx but for a bench that is not well, and the bench judges on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.commands import COMMANDS
from core.state.knobs import Grab
from core.state.parts import Word
from core.state.verdict import Sense, Which
from tests.support.parts import until
from tests.support.served import Served, serving_both

User = Mapping[str, str]
LEFT_OUT = {"train", "take_over", "delete_taught"}
"""They start a training, or change what the others are tried on."""


@pytest.fixture(scope="module")
def served(
    heard_once: Path, trained_once: Path, user: User, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with serving_both(tmp_path_factory.mktemp("fuzz") / "pump", trained_once, heard_once, user) as one:
        yield one


@pytest.fixture(autouse=True)
def judges_on(served: Served) -> Iterator[None]:
    yield
    for name, said in (("pause", {"paused": False}), ("single", {"on": False}), ("record", {"on": False})):
        assert served.post(f"/command/{name}", said)[0] == 202
    assert served.post("/command/end_collecting", {})[0] == 202
    judged = served.get("/snapshot")[1]["snapshot"]
    served.until(lambda now: now["image"]["counters"]["judged"] > judged["image"]["counters"]["judged"])
    served.until(lambda now: now["sound"]["counters"]["judged"] > judged["sound"]["counters"]["judged"])
    assert until(lambda: served.get("/health")[0] == 200), served.get("/health")


def fuzzed(served: Served, folder: Path, *options: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("schemathesis"), "run", f"{served.url}/openapi.json", "--seed", "1",
         "--checks", "all", "--max-examples", "20", "--request-timeout", "30", "--no-color",
         "--suppress-health-check", "all", *options],
        capture_output=True, text=True, timeout=300, check=False, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]


def test_every_call_from_its_own_description(served: Served, tmp_path: Path) -> None:
    """With what it allows and forbids."""
    fuzzed(served, tmp_path, "--exclude-path-regex", "/command|/health", "--exclude-checks", "positive_data_acceptance")


def test_commands_without_a_name_that_there_is(served: Served, tmp_path: Path) -> None:
    fuzzed(served, tmp_path, "--include-path-regex", "/command", "--exclude-checks", "positive_data_acceptance")


def test_health_whether_well_or_not(served: Served, tmp_path: Path) -> None:
    """503 is an answer here, and described."""
    for paused in (False, True):
        assert served.post("/pause", {"paused": paused})[0] == 200
        assert until(lambda paused=paused: (served.get("/health")[0] == 503) is paused, 15)  # type: ignore[misc]
        fuzzed(served, tmp_path, "--include-path-regex", "/health", "--exclude-checks", "not_a_server_error")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NUMBER = st.floats(-10, 10) | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(["NaN", "Infinity"])
FITTING: dict[str, st.SearchStrategy[Any]] = {
    "which": st.sampled_from(get_args(Which)),
    "sense": st.sampled_from(get_args(Sense)),
    "grab": st.sampled_from(get_args(Grab)),
    "word": st.sampled_from(get_args(Word)),
    "value": NUMBER,
    "about": st.none() | NUMBER,
    "false_alarms": st.none() | NUMBER | st.floats(0, 1),
    "wanted": st.none() | st.integers(-5, 50),
    "by": st.text(max_size=100),
    "how": st.text(max_size=100),
    "file": st.text(max_size=60) | st.sampled_from(["", "recipe.toml", "../pump/recipe.toml", "/etc/hostname", "."]),
    "table": st.fixed_dictionaries({"range": st.sampled_from(["span", "raw"]) | st.text(max_size=5)}, optional={
        "span": st.lists(NUMBER, max_size=3)
    }),
}  # fmt: skip


HOW = st.sampled_from(["fits"] * 8 + ["left out", "anything"])


@st.composite
def commands(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """One that there is, with arguments of which most fit."""
    name = draw(st.sampled_from(sorted(COMMANDS.keys() - LEFT_OUT)))
    arguments = {}
    for key in (field.name for field in fields(COMMANDS[name])):
        how = draw(HOW)
        if how != "left out":
            arguments[key] = draw(FITTING.get(key, st.booleans()) if how == "fits" else ANYTHING)
    if draw(HOW) == "anything":
        arguments[draw(st.text(max_size=8))] = draw(ANYTHING)
    return name, arguments


def test_every_command_with_whatever_it_may_be_told(served: Served) -> None:
    taken: set[str] = set()

    @settings(max_examples=500, derandomize=True, database=None, deadline=None, suppress_health_check=[*HealthCheck])
    @given(commands())
    def tell(command: tuple[str, dict[str, Any]]) -> None:
        name, arguments = command
        status, said = served.post(f"/command/{name}", arguments)
        assert status in (202, 409, 422), (command, status, said)
        assert isinstance(said, dict) and set(said) == ({"accepted"} if status == 202 else {"error"})
        if status == 202:
            taken.add(name)

    tell()
    assert taken == COMMANDS.keys() - LEFT_OUT
