"""Parts are counted over restarts, in either mode; a new shift begins at 0."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from core.commands import BeginShift, TriggerPart
from core.errors import GoodpartError
from core.inspection.continuous import PartPresence
from core.journal.store import Journal, read_journal, read_shift
from core.recipes.recipe import Recipe, open_recipe
from core.state.verdict import Verdict
from tests.core.inspection.test_single_shot import GOOD_PART, ODD_PART, OTHER_GOOD, judged, parts, running, single
from tests.core.station.test_station import Bench
from tests.core.station.test_station import running as continuous
from tests.support.parts import until


def counts(bench: Bench) -> tuple[int, int, int]:
    shift = bench.now.shift
    return shift.ok, shift.anomalies, shift.unknown


def test_a_shift_is_counted_over_restarts_until_a_new_one_begins(trained: Recipe) -> None:
    recipe = single(trained)
    with running(recipe) as bench:
        assert bench.now.shift.share_ok is None
        bench.station.do(TriggerPart())
        judged(bench, 1)
        bench.source.show(ODD_PART)
        assert bench.turns("UNKNOWN", "waiting")
        bench.station.do(TriggerPart())
        judged(bench, 2)
    with running(recipe) as bench:
        assert until(lambda: counts(bench) == (1, 1, 0))
        assert bench.now.shift.share_ok == 0.5
        assert bench.now.part is None
        bench.station.do(TriggerPart())
        assert judged(bench, 3).verdict.state == "OK"
        bench.station.do(BeginShift())
        assert until(lambda: counts(bench) == (0, 0, 0))
        bench.source.show(OTHER_GOOD)
        assert bench.turns("UNKNOWN", "waiting")
        bench.station.do(TriggerPart())
        judged(bench, 1)
    with running(recipe) as bench:
        assert until(lambda: counts(bench) == (1, 0, 0))
    told = [event for event in read_journal(recipe.journal) if event.kind == "shift"]
    assert [event.reason for event in told] == [
        "the first shift",
        "a new shift; the last one: 3 parts, 2 OK, 1 ANOMALY, 0 UNKNOWN, yield 66.7 %",
    ]
    assert told[1].data == {"parts": 3, "ok": 2, "anomalies": 1, "unknown": 0, "yield": pytest.approx(2 / 3)}
    assert bench.now.shift.since == told[1].at


def test_judged_continuously_a_part_is_what_lies_between_two_exchanges(trained: Recipe) -> None:
    trained.change("verdict", {"settle": True})
    with continuous(open_recipe(str(trained.folder)), GOOD_PART) as bench:
        for part, state in ((GOOD_PART, "OK"), (ODD_PART, "ANOMALY"), (OTHER_GOOD, "OK")):
            bench.source.show(part)
            assert bench.turns(state)
            time.sleep(1.3)
        assert until(lambda: bench.now.shift.parts == 2)
        assert counts(bench) == (1, 1, 0)
        # What passes by is no part.
        bench.source.show(ODD_PART)
        time.sleep(0.3)
        bench.source.show(GOOD_PART)
        assert until(lambda: counts(bench) == (2, 1, 0))
        time.sleep(0.5)
        assert bench.now.part is not None and bench.now.part.by == "exchange"
    assert [row.verdict for row in parts(trained)] == ["OK", "ANOMALY", "OK"]


def test_what_lay_there_was_the_worst_that_stood_for_a_second() -> None:
    ok, bad, unknown = Verdict("OK", "o"), Verdict("ANOMALY", "a"), Verdict("UNKNOWN", "u")

    def lay(*told: tuple[float, Verdict, bool]) -> str | None:
        lying = PartPresence()
        for at, verdict, seen in told[:-1]:
            lying.stands(verdict, {}, seen, at)
        was = lying.exchanged(told[-1][0])
        return was.verdict.state if was else None

    end = (10.0, ok, True)
    assert lay((0.0, ok, True), end) == "OK"
    assert lay((0.0, ok, True), (8.5, bad, True), end) == "ANOMALY"
    assert lay((0.0, ok, True), (9.5, bad, True), end) == "OK"
    assert lay((9.5, ok, True), end) is None
    assert lay((0.0, unknown, True), end) == "UNKNOWN"
    assert lay((0.0, unknown, False), end) is None
    assert lay(end) is None


def test_a_journal_that_is_no_journal_is_told_and_parts_are_counted_nevertheless(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    assert read_shift(path) == (None, {})
    path.write_bytes(b"x" * 5000)
    with pytest.raises(GoodpartError, match="cannot be read"):
        read_shift(path)


def test_only_the_parts_of_the_last_shift_are_counted(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    for kind, verdict in (("part", "OK"), ("shift", ""), ("part", "OK"), ("verdict", "OK"), ("part", "UNKNOWN")):
        journal.record(kind, verdict, at=5.0)  # type: ignore[arg-type]
    journal.close()
    assert read_shift(tmp_path / "journal.sqlite") == (5.0, {"OK": 1, "UNKNOWN": 1})
