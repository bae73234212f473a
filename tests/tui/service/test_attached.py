"""goodpart watch --attach: the same faces before a station elsewhere."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from core.commands import GrabThresholds, Pause, SetThreshold
from core.errors import GoodpartError
from core.journal.store import read_journal
from core.recipes.recipe import Recipe
from core.serialization.dataclass_json import from_json
from core.serialization.snapshot_json import VERSION, changed
from core.state.snapshot import Snapshot, thresholds_of
from tests.support.fake_station import FakeStation, snapshot
from tests.support.parts import goodpart, until
from tests.support.served import Served, serving, start, unhurried
from tests.support.terminal_rig import TerminalRig
from tests.tui.app.test_dashboard import screen_text
from tests.tui.app.test_shell import becomes
from tui.app.attached import ELSEWHERE, AttachedApp
from tui.app.dashboard import Dashboard
from tui.stations.remote import RemoteStation, remote_station
from tui.terminal.display import display

User = Mapping[str, str]
CAMERA = ("--camera", "simulated")


class Seen:
    """What a subscriber was told, and when."""

    def __init__(self, station: RemoteStation) -> None:
        self.all: list[tuple[float, Snapshot]] = []
        station.subscribe(lambda snapshot: self.all.append((time.monotonic(), snapshot)))
        station.start()

    @property
    def last(self) -> Snapshot:
        return self.all[-1][1]

    def until(self, met: Callable[[Snapshot], bool], seconds: float = 15.0) -> None:
        assert until(lambda: bool(self.all) and met(self.last), seconds), self.all[-1:]


@pytest.fixture(scope="module")
def bench(trained_once: Path, user: User, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """For tests that only look at it."""
    folder = tmp_path_factory.mktemp("attached") / "pump"
    shutil.copytree(trained_once, folder)
    with serving(unhurried(folder, 25.0), user, "--port", "0", *CAMERA) as one:
        yield one


@pytest.fixture
def served(trained: Recipe, user: User) -> Iterator[Served]:
    """For tests that command it or end it."""
    with serving(trained.folder, user, "--port", "0", *CAMERA) as one:
        yield one


@pytest.fixture
def attach() -> Iterator[Callable[..., RemoteStation]]:
    stations: list[RemoteStation] = []

    def make(url: str, *arguments: Any, **more: Any) -> RemoteStation:
        stations.append(RemoteStation(url, *arguments, **more))
        return stations[-1]

    yield make
    for station in stations:
        station.stop()


def test_it_shows_what_the_station_shows(bench: Served, attach: Callable[..., RemoteStation]) -> None:
    seen = Seen(attach(bench.url))
    seen.until(lambda now: now.image is not None and now.image.judged is not None and now.image.preview is not None)
    assert seen.last.recipe == "pump"
    assert seen.last.image is not None and seen.last.image.judged is not None
    assert seen.last.image.judged.map.shape == (14, 14)
    # On the same machine the clocks are the same.
    assert abs(time.monotonic() - (seen.last.image.status.last_at or 0)) < 5
    numbers = [now.image.judged.number for _, now in seen.all if now.image and now.image.judged]
    assert numbers == sorted(numbers)


def test_what_is_commanded_is_done_and_journalled(
    served: Served, trained: Recipe, attach: Callable[..., RemoteStation]
) -> None:
    station = attach(served.url, who="ana@desk")
    seen = Seen(station)
    seen.until(lambda now: thresholds_of(now, "image") is not None)
    station.do(SetThreshold("density", -5.5))
    seen.until(lambda now: (t := thresholds_of(now, "image")) is not None and t.density == -5.5)
    thresholds = thresholds_of(seen.last, "image")
    assert thresholds is not None
    assert thresholds.by == "key, ana@desk (127.0.0.1)"
    station.do(Pause(True))
    seen.until(lambda now: now.paused)
    station.do(GrabThresholds("both"))
    seen.until(lambda now: "no knobs" in now.fault)
    assert until(lambda: len(told(trained)) == 3)
    assert told(trained) == [
        "set_threshold by ana@desk (127.0.0.1)",
        "pause by ana@desk (127.0.0.1)",
        "grab by ana@desk (127.0.0.1)",
    ]


def told(recipe: Recipe) -> list[str]:
    return [event.reason for event in read_journal(recipe.journal) if event.kind == "command"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_when_the_service_goes_it_is_lost_and_comes_back_by_itself(
    served: Served, trained: Recipe, user: User, attach: Callable[..., RemoteStation], number: int
) -> None:
    seen = Seen(attach(served.url))
    seen.until(lambda now: now.verdict.state != "UNKNOWN")
    served.end(number)
    ended = time.monotonic()
    seen.until(lambda now: now.verdict.reason.startswith("LOST: "))
    at = next(at for at, snapshot in seen.all if snapshot.verdict.reason.startswith("LOST: "))
    assert at - ended < 2.0
    lost = seen.last
    assert (lost.verdict.state, lost.stopped) == ("UNKNOWN", False)
    assert lost.image is not None
    assert (lost.image.judged, lost.image.verdict.state) == (None, "UNKNOWN")
    assert lost.image.status.state == "lost"
    port = served.url.rpartition(":")[2]
    with serving(trained.folder, user, "--port", port, *CAMERA):
        seen.until(lambda now: now.verdict.state != "UNKNOWN")
    assert all(not snapshot.stopped for _, snapshot in seen.all)


def test_a_service_that_hangs_is_lost_too(bench: Served, attach: Callable[..., RemoteStation]) -> None:
    seen = Seen(attach(bench.url))
    seen.until(lambda now: now.image is not None and now.image.judged is not None)
    bench.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        seen.until(lambda now: "LOST" in now.verdict.reason)
        assert seen.all[-1][0] - began < 10
    finally:
        bench.process.send_signal(signal.SIGCONT)
    seen.until(lambda now: now.image is not None and now.image.judged is not None)


def test_a_wrong_token_is_told(trained: Recipe, user: User, tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    with serving(trained.folder, user, "--port", "0", "--token-file", file, *CAMERA) as one:
        stranger = RemoteStation(one.url, "x" * 20)
        Seen(stranger).until(lambda now: "it needs a token" in now.verdict.reason)
        known = remote_station(one.url, file)
        Seen(known).until(lambda now: now.image is not None and now.image.judged is not None)
        stranger.stop()
        known.stop()


@pytest.mark.parametrize("url", ["pump", "ftp://x", "http://", "http://x:99999999", "http://[::1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(GoodpartError, match="give the address of goodpart serve"):
        RemoteStation(url)


def test_the_command_line_attaches(bench: Served, user: User, trained: Recipe) -> None:
    bench.until(lambda now: now["image"]["judged"] is not None)
    lines = goodpart(["watch", "--attach", bench.url, "--line", "--for", "3"], user).stdout
    assert "OK" in lines or "ANOMALY" in lines
    objects = goodpart(["watch", "--attach", bench.url, "--headless", "--for", "3"], user).stdout.splitlines()
    assert {json.loads(line)["verdict"] for line in objects} & {"OK", "ANOMALY"}
    for wrong, words in (
        (["watch", trained.folder, "--attach", bench.url], "--attach takes no recipe"),
        (["watch"], "there is no recipe: give"),
        (["watch", "--attach", "pump"], "give the address"),
        (["watch", "--attach", bench.url, "--record", "kept.tape"], "--attach takes no --record"),
        (["watch", "--attach", bench.url, "--headless", "--record", "kept.tape"], "--attach takes no --record"),
    ):
        done = goodpart(wrong, user)
        assert (done.returncode, words in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("term", "variables", "options"),
    [
        ("vt220", {}, []),
        ("xterm-256color", {"LANG": "C"}, []),
        ("xterm-256color", {"COLORTERM": "truecolor"}, ["--ascii", "--colors", "none", "--refresh", "2"]),
    ],
)
def test_it_draws_with_what_the_terminal_has(
    bench: Served, user: User, term: str, variables: dict[str, str], options: list[str]
) -> None:
    command = ["-m", "tui", "watch", "--attach", bench.url, *options]
    with TerminalRig(command, term=term, variables=settings(user) | {"LANG": "C.UTF-8"} | variables) as rig:
        assert rig.run(30, rig.shows(" fps")), rig.text()
        for key, words in (("m", "anomaly map"), ("7", "folder up"), ("3", "where the service is"), ("5", " fps")):
            rig.type(key)
            assert rig.run(10, rig.shows(words)), words
        rig.type("q")
        assert rig.run(10, rig.ended)
        assert bytes(rig.received).isascii()
        coloured = re.search(rb"\x1b\[[0-9;]*[34][0-8][;m]", bytes(rig.received))
        assert bool(coloured) == ("LANG" in variables), coloured


def settings(user: User) -> dict[str, str]:
    """Without what the environment says of the terminal that the tests run in."""
    return {name: value for name, value in user.items() if name.startswith("GOODPART_")}


def test_the_theme_that_is_asked_for_is_drawn(bench: Served, user: User) -> None:
    def background(theme: str) -> str:
        command = ["-m", "tui", "watch", "--attach", bench.url, "--theme", theme]
        with TerminalRig(command, variables=settings(user) | {"LANG": "C.UTF-8", "COLORTERM": "truecolor"}) as rig:
            assert rig.run(30, rig.shows(" fps")), rig.text()
            return str(rig.screen.buffer[10][79].bg)

    assert background("light") != background("dark")


def test_in_a_browser_all_characters_and_colours_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_DRIVER", "textual.drivers.web_driver:WebDriver")
    for name, value in {"TERM": "", "LANG": "C", "LC_ALL": "C", "COLORTERM": ""}.items():
        monkeypatch.setenv(name, value)
    shown = display(argparse.Namespace())
    assert (shown.kind.repertoire, shown.kind.colors) == ("full", "true")
    assert display(argparse.Namespace(ascii=True)).kind.ascii


@pytest.mark.parametrize("key", ["1", "2", "3", "4", "6", "8"])
async def test_what_is_done_elsewhere_is_said(key: str) -> None:
    app: Dashboard = AttachedApp(FakeStation(snapshot()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert ELSEWHERE not in screen_text(app)
        await pilot.press(key)
        await becomes(pilot, app, lambda: ELSEWHERE in screen_text(app))  # type: ignore[arg-type]


# Many viewers.


class SlowLine:
    """A forwarder of bytes at so many a second, as a modem is."""

    def __init__(self, port: int, rate: int) -> None:
        self._rate, self._to = rate, port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.socket()
            far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            far.connect(("127.0.0.1", self._to))
            for one, other, rate in ((near, far, 1 << 20), (far, near, self._rate)):
                threading.Thread(target=self._copy, args=(one, other, rate), daemon=True).start()

    def _copy(self, one: socket.socket, other: socket.socket, rate: int) -> None:
        try:
            while data := one.recv(min(256, rate)):
                time.sleep(len(data) / rate)
                other.sendall(data)
        except OSError:
            pass
        finally:
            one.close()
            other.close()

    def close(self) -> None:
        self._listening.close()


def test_ten_viewers_two_of_them_at_9600_baud_delay_nobody(bench: Served, attach: Callable[..., RemoteStation]) -> None:
    bench.until(lambda now: now["image"]["judged"] is not None)
    line = SlowLine(int(bench.url.rpartition(":")[2]), 960)
    fast = [Seen(attach(bench.url)) for _ in range(8)]
    slow = [Seen(attach(f"http://127.0.0.1:{line.port}")) for _ in range(2)]
    try:
        # The first snapshot, whole and with its picture, takes its time at 960 bytes a second.
        for one in slow:
            one.until(lambda now: now.image is not None and now.image.judged is not None, 30)
        began = time.monotonic()
        first = [one.last.number for one in fast]
        time.sleep(6)  # rates and gaps are those of a while
        for one, number in zip(fast, first, strict=True):
            gaps = [b - a for (a, _), (b, _) in zip(one.all, one.all[1:], strict=False) if a > began]
            assert one.last.number - number > 40
            assert max(gaps) < 2.0
        for one in slow:
            ages = [snapshot for at, snapshot in one.all if at > began]
            # Old news is worse than none: what arrives is what is, and nobody thinks that the service has gone.
            assert len(ages) >= 3
            assert all("LOST" not in snapshot.verdict.reason for snapshot in ages)
            assert time.time() - one.last.at < 3.0
        # Viewers of earlier tests may take a moment to leave.
        assert until(lambda: bench.get("/metrics")[1].count("goodpart_viewers 10.0") == 1)
    finally:
        line.close()


def test_a_reader_that_does_not_read_holds_up_nobody(bench: Served) -> None:
    with connect(bench.url.replace("http", "ws") + "/snapshots", max_queue=1) as line:
        first = bench.until(lambda now: now["image"]["judged"] is not None)["number"]
        time.sleep(3)
        now = bench.get("/snapshot")[1]["snapshot"]
        assert now["number"] - first > 20
        assert time.time() - now["at"] < 1
        assert json.loads(line.recv())["goodpart"] == VERSION


def test_changes_add_up_to_the_whole(bench: Served) -> None:
    with connect(bench.url.replace("http", "ws") + "/snapshots?changes=1") as line:
        said = json.loads(line.recv())["snapshot"]
        for _ in range(20):
            line.send("")
            said = changed(said, json.loads(line.recv(timeout=5))["changes"])
    assert from_json(Snapshot, said).recipe == "pump"


# A supervisor, as systemd is one.


def test_killed_in_the_middle_of_a_shift_it_is_back_with_its_journal_whole(trained: Recipe, user: User) -> None:
    served = start(trained.folder, user, "--port", "0", *CAMERA)
    served.until(lambda now: now["image"]["counters"]["judged"] > 10)
    for value in (-5.0, -6.0):
        assert served.post("/thresholds", {"density": value, "save": True})[0] == 200
    assert served.post("/command/single", {"on": True})[0] == 202
    served.until(lambda now: now["shot"] is not None)
    parts = [served.post("/trigger", {})[1]["part"] for _ in range(3)]
    counted = served.get("/snapshot")[1]["snapshot"]["shift"]
    assert parts[-1]["number"] == sum(counted[state] for state in ("ok", "anomalies", "unknown")) == 3
    # An answer does not wait for the disk.
    assert until(lambda: [e.kind for e in read_journal(trained.journal)].count("part") == 3, 10)
    before = list(read_journal(trained.journal))
    killed = time.monotonic()
    served.process.kill()
    served.process.communicate()
    with serving(trained.folder, user, "--port", served.url.rpartition(":")[2], *CAMERA) as again:
        now = again.until(
            lambda now: now["shift"]["since"] == counted["since"] and now["image"]["thresholds"] is not None
        )
        assert now["shift"] == counted
        # Three seconds on a machine that does nothing else.
        assert time.monotonic() - killed < 20
        assert now["image"]["thresholds"]["density"] == -6.0
        after = list(read_journal(trained.journal))
        assert after[: len(before)] == before
        assert after[len(before)].kind == "start"


def test_systemd_is_told_by_the_judging_loop(trained: Recipe, user: User, tmp_path: Path) -> None:
    inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    inbox.bind(str(tmp_path / "notify"))
    inbox.settimeout(10)
    env = dict(user) | {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "2000000"}
    with serving(trained.folder, env, "--port", "0", *CAMERA) as served:
        heard = []
        while heard.count("WATCHDOG=1") < 3 or "READY=1" not in heard:
            heard.append(inbox.recv(100).decode())
        served.end()
        inbox.setblocking(False)
        with pytest.raises(BlockingIOError):
            while True:
                heard.append(inbox.recv(100).decode())
    assert heard.count("READY=1") == 1
    assert "STOPPING=1" in heard
    inbox.close()
