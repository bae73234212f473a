"""A station feeds the outputs of its recipe, and no output delays, changes or ends it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.commands import SetThreshold
from core.journal.store import read_journal
from core.outputs import runner
from core.recipes.recipe import Recipe, open_recipe
from core.replay.replay import Replay
from core.serialization.dataclass_json import from_json, to_json
from core.serialization.verdict_json import as_json
from core.state.outputs import OutputState
from core.state.snapshot import Snapshot
from core.station.ports import device_ports
from core.station.station import Station
from core.tape.writer import TapeWriter
from tests.support.outputs import Peer, event_line, free_port, register
from tests.support.parts import Scripted, good_part, odd_part, until


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    monkeypatch.setattr(runner, "FIRST_RETRY_SECONDS", 0.05)


def feeding(recipe: Recipe, tables: str) -> Recipe:
    with recipe.toml.open("a") as file:
        file.write("\n" + tables)
    return open_recipe(str(recipe.folder))


class Bench:
    def __init__(self, recipe: Recipe, tape: TapeWriter | None = None) -> None:
        self.source = Scripted()
        self.source.show(lambda number: good_part(5000 + number))
        self.seen: list[Snapshot] = []
        self.station = Station(recipe, device_ports(recipe, self.source, tape=tape))
        self.station.subscribe(self.seen.append)

    @property
    def now(self) -> Snapshot:
        return self.station.snapshot()

    def judged(self, count: int) -> bool:
        target = self._judged() + count
        return until(lambda: self._judged() >= target)

    def _judged(self) -> int:
        image = self.now.image
        return image.counters.judged if image else 0


@contextmanager
def running(recipe: Recipe, tape: TapeWriter | None = None) -> Iterator[Bench]:
    bench = Bench(recipe, tape)
    bench.station.start()
    try:
        assert until(lambda: bench.now.verdict.state == "OK")
        yield bench
    finally:
        bench.station.stop(5)


def lines(recipe: Recipe) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (recipe.folder / "lines.json").read_text().splitlines()]


def test_an_output_says_what_headless_and_the_journal_say(trained: Recipe) -> None:
    recipe = feeding(trained, "[outputs.lines]\n")
    with running(recipe) as bench:
        bench.station.do(SetThreshold("density", -3.0))
        bench.source.show(lambda number: odd_part(5000 + number))
        assert until(lambda: bench.now.verdict.state == "ANOMALY")
        assert until(lambda: bench.now.outputs[0].words == "working")
    said = lines(recipe)
    events = [line for line in said if "kind" in line]
    assert events == [event_line(event) for event in read_journal(recipe.journal)]
    assert {"start", "threshold", "verdict", "stop"} <= {event["kind"] for event in events}
    by_number = {snapshot.number: snapshot for snapshot in bench.seen}
    published = [line for line in said if "snapshot" in line]
    for line in published:
        snapshot = by_number.get(line.pop("snapshot"))
        assert snapshot is None or line == json.loads(json.dumps(as_json(snapshot)))
    # The last word is that the station has stopped.
    assert published[-1]["reason"] == "the station has stopped"


def rate(recipe: Recipe) -> float:
    with running(recipe) as bench:
        began = time.monotonic()
        assert bench.judged(30)
        return 30 / (time.monotonic() - began)


def test_slow_raising_and_dead_outputs_do_not_slow_the_verdicts(trained: Recipe) -> None:
    peer = Peer(deaf=True)
    undisturbed = rate(trained)
    recipe = feeding(trained, f"[outputs.odd]\nseconds = 0.4\nfails = true\n[outputs.tcp]\nport = {peer.port}\n")
    try:
        assert rate(recipe) > 0.7 * undisturbed
    finally:
        peer.close()


def test_an_output_that_fails_is_in_the_fault_once_and_in_its_state(trained: Recipe) -> None:
    recipe = feeding(trained, f"[outputs.tcp]\nport = {free_port()}\n[outputs.lines]\n")
    words = "output tcp: Connection refused; trying again"
    with running(recipe) as bench:
        assert until(lambda: bench.now.fault == words)
        assert bench.judged(10)
        assert bench.now.verdict.state == "OK"
        refused, working = bench.now.outputs
        assert refused.words.startswith("failing (Connection refused), ")
        assert (working.name, working.words) == ("lines", "working")
        sent = json.loads(json.dumps(to_json((refused, working))))
        assert from_json(tuple[OutputState, ...], sent) == (refused, working)
    faults = [event.reason for event in read_journal(recipe.journal) if event.kind == "fault"]
    assert faults[0] == words
    assert len(faults) == 2
    assert faults[1].startswith("output tcp, when the station ended: failing (Connection refused), ")


def test_a_station_ends_in_time_with_an_output_that_hangs(trained: Recipe) -> None:
    recipe = feeding(trained, "[outputs.odd]\nseconds = 20\n")
    with running(recipe) as bench:
        began = time.monotonic()
        bench.station.stop(5)
        assert time.monotonic() - began < 4
        assert bench.now.stopped
    kinds = [(event.kind, event.reason) for event in read_journal(recipe.journal)]
    assert kinds[-1][0] == "fault"
    assert "output odd, when the station ended: starting, " in kinds[-1][1]


def test_a_replay_starts_no_outputs(trained: Recipe, tmp_path: Path) -> None:
    recipe = feeding(trained, "[outputs.lines]\n")
    with running(recipe, TapeWriter(tmp_path / "shift")) as bench:
        assert bench.judged(5)
    before = lines(recipe)
    assert before
    for replayed in (Replay(tmp_path / "shift"), Replay(tmp_path / "shift", recipe)):
        seen = list(replayed.snapshots())
        replayed.close()
        assert len(seen) > 5
        assert {snapshot.outputs for snapshot in seen} == {()}
    assert lines(recipe) == before
