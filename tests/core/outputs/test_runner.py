"""An output never delays who feeds it; events arrive in order, and what is lost is counted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.errors import GoodpartError
from core.outputs import runner as module
from core.outputs.base import Output
from core.outputs.runner import MOST_WAITING, OutputRunner
from core.state.journal_event import JournalEvent
from core.state.snapshot import Snapshot
from core.state.verdict import Verdict
from tests.support.outputs import LinesOutput, LinesTable, Peer, TcpOutput, TcpTable, free_port
from tests.support.parts import until


class Collected:
    """An output that keeps what it gets, and does first what the test asks for."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.published: list[int] = []
        self.calls: list[str] = []
        self.before_event: Callable[[str], None] = lambda reason: None
        self.before_publish: Callable[[int], None] = lambda number: None

    def start(self) -> None:
        self.calls.append("start")

    def publish(self, snapshot: Snapshot) -> None:
        self.before_publish(snapshot.number)
        self.published.append(snapshot.number)

    def event(self, event: JournalEvent) -> None:
        self.before_event(event.reason)
        self.events.append(event.reason)

    def stop(self) -> None:
        self.calls.append("stop")


class Feed:
    """A runner as the station has it: its complaints come back as events."""

    def __init__(self, make: Callable[[], Output]) -> None:
        self.complaints: list[str] = []
        self.runner = OutputRunner("line", make, self.complain)
        self.runner.start()

    def complain(self, words: str) -> None:
        self.complaints.append(words)
        self.event(words)

    def event(self, reason: str) -> None:
        self.runner.event(JournalEvent(time.time(), "fault", "", reason))

    def publish(self, number: int) -> None:
        self.runner.publish(Snapshot(number, time.time(), "pump", Verdict("OK", "like the good parts")))

    @property
    def words(self) -> str:
        return self.runner.state().words

    def end(self, seconds: float = 0.5) -> None:
        self.runner.end(time.monotonic() + seconds)
        self.runner.join()


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[], Output]], Feed]]:
    monkeypatch.setattr(module, "FIRST_RETRY_SECONDS", 0.02)
    made: list[Feed] = []

    def begin(make: Callable[[], Output]) -> Feed:
        made.append(Feed(make))
        return made[-1]

    yield begin
    for one in made:
        one.end()


def in_order(events: list[str]) -> list[str]:
    """Those that the test has fed, without complaints, which come between them."""
    return [reason for reason in events if reason.startswith("event ")]


Begin = Callable[[Callable[[], Output]], Feed]


def raising(error: Exception) -> Callable[[object], None]:
    def act(_: object) -> None:
        raise error

    return act


def test_all_events_arrive_in_order_and_the_newest_snapshot_last(feed: Begin, tmp_path: Path) -> None:
    line = feed(lambda: LinesOutput(LinesTable(), tmp_path))
    for number in range(500):
        line.event(f"event {number}")
        line.publish(number)
    line.end(5)
    lines = (tmp_path / "lines.json").read_text().splitlines()
    events = [line for line in lines if '"kind"' in line]
    assert [f'"event {number}"' in event for number, event in enumerate(events)] == [True] * 500
    assert '"snapshot": 499' in [line for line in lines if '"snapshot"' in line][-1]
    assert (line.complaints, line.words) == ([], "stopped")


def test_who_feeds_a_hanging_output_does_not_wait(feed: Begin) -> None:
    output, go_on, inside = Collected(), threading.Event(), threading.Event()
    output.before_publish = lambda _: (inside.set(), go_on.wait(30))[0]
    line = feed(lambda: output)
    line.publish(0)
    assert inside.wait(5)
    began = time.monotonic()
    for number in range(1, 3000):
        line.event(f"event {number}")
        line.publish(number)
        line.runner.state()
    assert time.monotonic() - began < 2.0
    assert output.events == []
    lost = 2999 - MOST_WAITING
    assert line.words == f"starting, {MOST_WAITING} events waiting, {lost} lost"
    go_on.set()
    # The oldest were lost; one more, when the complaint about it came. Of the snapshots only the newest is shown.
    assert until(lambda: len(line.complaints) == 2 and not line.runner.state().waiting)
    assert line.complaints == ["output line: events are lost", f"output line: {lost + 1} events were lost"]
    assert output.events[:-2] == [f"event {number}" for number in range(lost + 2, 3000)]
    assert output.published == [0, 2999]


def test_a_slow_output_gets_snapshots_between_the_events(feed: Begin) -> None:
    output = Collected()
    output.before_event = lambda _: time.sleep(0.02)
    line = feed(lambda: output)
    for number in range(20):
        line.event(f"event {number}")
    line.publish(1)
    assert until(lambda: output.published == [1])
    assert len(output.events) < 20


def test_an_output_that_raises_is_reported_once_and_gets_the_event_again(feed: Begin) -> None:
    made: list[Collected] = []

    def make() -> Collected:
        made.append(Collected())
        if len(made) <= 3:
            made[-1].before_event = raising(OSError(111, "Connection refused"))
        return made[-1]

    line = feed(make)
    for number in range(5):
        line.event(f"event {number}")
    assert until(lambda: not line.runner.state().waiting)
    complaint = "output line: Connection refused; trying again"
    assert line.complaints == [complaint]
    assert in_order(made[-1].events) == [f"event {number}" for number in range(5)]
    assert made[-1].events.count(complaint) == 1
    assert [output.calls for output in made] == [["start", "stop"]] * 3 + [["start"]]
    assert line.words == "working"


def test_an_output_that_starts_and_fails_again_has_not_recovered(feed: Begin) -> None:
    def make() -> Collected:
        output = Collected()
        output.before_event = raising(GoodpartError("the peer is busy"))
        return output

    line = feed(make)
    line.event("first")
    for number in range(10):
        line.publish(number)
        time.sleep(0.02)
    assert line.complaints == ["output line: the peer is busy; trying again"]
    assert line.words == "failing (the peer is busy), 2 events waiting"


def test_an_event_that_breaks_the_output_is_counted_as_lost_and_the_next_arrives(feed: Begin) -> None:
    output = Collected()
    output.before_event = lambda reason: {}["no such key"] if reason == "bad" else None  # type: ignore[index]
    line = feed(lambda: output)
    for reason in ("good", "bad", "also good"):
        line.event(reason)
    assert until(lambda: len(output.events) == 4)
    failure, loss = "output line: KeyError: 'no such key'; trying again", "output line: 1 event was lost"
    assert until(lambda: line.complaints[-1] == loss)
    assert line.complaints[0] == failure
    assert sorted(output.events) == sorted(["good", "also good", failure, loss])
    assert output.events.index("good") < output.events.index("also good")
    assert line.runner.state().lost == 1


def test_an_output_that_always_raises_does_not_flood_the_journal(feed: Begin) -> None:
    output = Collected()
    output.before_event = output.before_publish = raising(RuntimeError("out of order"))
    line = feed(lambda: output)
    for number in range(4):
        line.event(f"event {number}")
        line.publish(number)
    assert until(lambda: line.runner.state().lost >= 4)
    assert line.complaints == ["output line: RuntimeError: out of order; trying again"]
    line.runner.finish(time.monotonic())
    words = line.complaints[-1]
    assert words.startswith("output line, when the station ended: failing (RuntimeError: out of order), ")
    assert words.endswith(" lost")


def test_an_output_that_cannot_be_made_is_told(feed: Begin) -> None:
    def make() -> Collected:
        raise ModuleNotFoundError("No module named 'paho'")

    line = feed(make)
    line.event("first")
    assert until(lambda: len(line.complaints) == 1)
    assert line.complaints[0] == "output line: ModuleNotFoundError: No module named 'paho'; trying again"
    assert line.runner.state().waiting == 2  # nothing is lost


def test_a_peer_that_comes_later_gets_everything_in_order(feed: Begin) -> None:
    port = free_port()
    line = feed(lambda: TcpOutput(TcpTable(port), Path()))
    for number in range(200):
        line.event(f"event {number}")
    assert until(lambda: line.complaints == ["output line: Connection refused; trying again"])
    peer = Peer(port)
    try:
        assert until(lambda: not line.runner.state().waiting)
        assert until(lambda: len(peer.lines) == 201)
        assert in_order(peer.events()) == [f"event {number}" for number in range(200)]
        assert peer.events().count(line.complaints[0]) == 1
        assert line.runner.state().lost == 0
    finally:
        peer.close()


def test_a_peer_that_does_not_read_is_told_and_the_end_does_not_wait_for_it(feed: Begin) -> None:
    peer = Peer(deaf=True)
    try:
        line = feed(lambda: TcpOutput(TcpTable(peer.port, 0.1), Path()))
        for _ in range(200):
            line.event("x" * 100_000)
        assert until(lambda: bool(line.complaints))
        assert line.complaints == ["output line: timed out; trying again"]
        began = time.monotonic()
        line.runner.finish(began + 1.0)
        line.end(0.5)
        assert time.monotonic() - began < 1.5
        assert line.complaints[-1].startswith("output line, when the station ended: failing (timed out), ")
        assert " events waiting" in line.complaints[-1]
    finally:
        peer.close()


def test_the_end_waits_for_what_is_on_its_way_and_stops_the_output(feed: Begin) -> None:
    output = Collected()
    output.before_event = lambda _: time.sleep(0.01)
    line = feed(lambda: output)
    for number in range(20):
        line.event(f"event {number}")
    line.publish(7)
    line.runner.finish(time.monotonic() + 5)
    assert len(output.events) == 20
    line.publish(8)
    line.end(5)
    assert (output.published[-1], output.calls) == (8, ["start", "stop"])
    assert (line.complaints, line.words) == ([], "stopped")


def test_the_end_leaves_a_hanging_output_behind_in_time_and_says_what_it_did_not_deliver(feed: Begin) -> None:
    output, go_on = Collected(), threading.Event()
    output.before_event = lambda _: (go_on.wait(30), None)[1]
    line = feed(lambda: output)
    for number in range(3):
        line.event(f"event {number}")
    began = time.monotonic()
    line.runner.finish(began + 0.2)
    line.end(0.2)
    assert 0.4 <= time.monotonic() - began < 1.0
    assert line.complaints == ["output line, when the station ended: starting, 3 events waiting"]
    go_on.set()
    assert until(lambda: line.runner.state().phase == "stopped")
    # What came after the end of the time was not delivered any more.
    assert (output.events, line.words) == (["event 0"], "stopped, 3 lost")
