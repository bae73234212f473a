"""What the unit and the container files say, done without systemd and without a container engine: their own lines, in a
clean folder with a clean environment."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path

import pytest

from core.journal.store import read_journal
from core.recipes.recipe import Recipe
from tests.support.data import ROOT
from tests.support.fake_station import FakeStation
from tests.support.parts import until
from tests.support.served import Served, is_up
from tui.service.liveness import Liveness
from tui.service.server import snapshot_receiver
from tui.service.snapshot_hub import SnapshotHub
from tui.service.systemd import SystemdNotifier

User = Mapping[str, str]
DEPLOY = ROOT / "tui" / "service" / "deploy"


def lines_of(file: Path, word: str) -> list[str]:
    """What follows a word at the beginning of a line; continued lines are one."""
    text = re.sub(r"\\\n", " ", file.read_text())
    return [line.removeprefix(word).strip() for line in text.splitlines() if line.startswith(word)]


class Supervisor:
    """As much of systemd as the unit asks for: notify, watchdog, restart."""

    def __init__(self, command: list[str], env: Mapping[str, str], folder: Path, watchdog: float, rest: float) -> None:
        self._command, self._rest, self._watchdog = command, rest, watchdog
        self._inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._inbox.bind(str(folder / "notify"))
        self._inbox.settimeout(0.05)
        self._env = dict(env) | {
            "NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": str(round(watchdog * 1e6)),
        }  # fmt: skip
        self.starts = 0
        self.ready_at = 0.0
        self._start()

    def _start(self) -> None:
        self.process = subprocess.Popen(
            self._command, env=self._env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.starts += 1
        self._alive = time.monotonic()
        self._ready = False

    def look(self) -> None:
        """One turn."""
        try:
            said = self._inbox.recv(100).decode()
        except TimeoutError:
            said = ""
        now = time.monotonic()
        if said == "READY=1":
            self._ready, self.ready_at, self._alive = True, now, now
        if said == "WATCHDOG=1":
            self._alive = now
        if self._ready and now - self._alive > self._watchdog:
            self.process.kill()
        if self.process.poll() is not None:
            time.sleep(self._rest)
            self._start()

    def until_ready(self, start: int, seconds: float = 30.0) -> None:
        def met() -> bool:
            self.look()
            return self.starts >= start and self._ready

        assert until(met, seconds)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self._inbox.close()


@pytest.fixture
def unit(trained: Recipe, user: User, tmp_path: Path) -> Iterator[tuple[Supervisor, Served]]:
    """The unit's own ExecStart, for this recipe, with its restart and a shorter watchdog."""
    file = DEPLOY / "goodpart@.service"
    (start,) = lines_of(file, "ExecStart=")
    program, *rest = shlex.split(start.replace("/var/lib/goodpart/%i", str(trained.folder)))
    assert program == "/opt/goodpart/bin/goodpart"
    assert lines_of(file, "Type=") == ["notify"]
    assert lines_of(file, "Restart=") == ["always"]
    assert lines_of(file, "WatchdogSec=") == ["10"]
    (pause,) = lines_of(file, "RestartSec=")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tui", *rest, "--port", str(port), "--camera", "simulated"]
    supervisor = Supervisor(command, user, tmp_path, 2.0, int(pause.removesuffix("ms")) / 1000)
    try:
        supervisor.until_ready(1)
        yield supervisor, Served(supervisor.process, f"http://127.0.0.1:{port}")  # type: ignore[arg-type]
    finally:
        supervisor.end()


def test_killed_it_is_back(unit: tuple[Supervisor, Served]) -> None:
    supervisor, served = unit
    served.until(lambda now: now["image"]["judged"] is not None)
    supervisor.process.kill()
    killed = time.monotonic()
    supervisor.until_ready(2)
    assert supervisor.ready_at - killed < 10  # three on a machine that does nothing else
    assert until(lambda: is_up(served))
    served.until(lambda now: now["image"]["judged"] is not None)


def test_killed_in_mid_shift_it_is_back_with_its_counters_and_its_journal(
    unit: tuple[Supervisor, Served], trained: Recipe
) -> None:
    supervisor, served = unit
    served.until(lambda now: now["image"]["judged"] is not None)
    assert served.post("/command/single", {"on": True})[0] == 202
    served.until(lambda now: now["shot"] is not None)
    for number in (1, 2, 3):
        assert served.post("/trigger", {})[1]["part"]["number"] == number
    counted = served.get("/snapshot")[1]["snapshot"]["shift"]
    # An answer does not wait for the disk.
    assert until(lambda: [event.kind for event in read_journal(trained.journal)].count("part") == 3)
    before = list(read_journal(trained.journal))
    supervisor.process.kill()
    supervisor.until_ready(2)
    assert until(lambda: is_up(served))
    now = served.until(lambda now: now["shift"]["since"] == counted["since"] and now["image"]["thresholds"] is not None)
    assert (now["shift"], now["shot"] is not None) == (counted, True)
    assert served.post("/trigger", {})[1]["part"]["number"] == 4
    assert until(lambda: [event.kind for event in read_journal(trained.journal)].count("part") == 4)
    after = list(read_journal(trained.journal))
    assert after[: len(before)] == before
    assert after[len(before)].kind == "start"
    with closing(sqlite3.connect(trained.journal)) as journal:
        assert journal.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_sense_that_hangs_feeds_no_watchdog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other goes on, and its snapshots come."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inbox:
        inbox.bind(str(tmp_path / "notify"))
        inbox.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "4000")

        def heard() -> bool:
            with suppress(BlockingIOError):
                return inbox.recv(100) == b"WATCHDOG=1"
            return False

        station = Hanging()
        hub = SnapshotHub(station.now)
        station.subscribe(snapshot_receiver(station, Liveness(), hub, SystemdNotifier()))  # type: ignore[arg-type]
        for hung in (False, True, False):
            station.hung = hung
            time.sleep(0.005)  # more than the time between two words
            station.publish(station.now)
            assert hub.newest is station.now
            assert heard() is not hung


class Hanging(FakeStation):
    hung = False


def test_a_station_that_hangs_is_started_anew(unit: tuple[Supervisor, Served]) -> None:
    import os
    import signal

    supervisor, served = unit
    served.until(lambda now: now["image"]["judged"] is not None)
    os.kill(supervisor.process.pid, signal.SIGSTOP)
    supervisor.until_ready(2)
    served.until(lambda now: now["image"]["judged"] is not None)


def test_systemd_takes_the_unit() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze here")
    done = subprocess.run(
        ["systemd-analyze", "verify", DEPLOY / "goodpart@.service"], capture_output=True, text=True, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if "is not executable" not in line]
    assert complaints == []


def test_the_image_is_built_from_what_it_copies_alone() -> None:
    """The list beside the Dockerfile, whose name makes the builder read it, lets in what COPY names."""
    (out, *let_in) = [line for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line[0] != "#"]
    assert out == "*"
    copied = {name for line in lines_of(DEPLOY / "Dockerfile", "COPY ") for name in line.split()[:-1]}
    assert {line.removeprefix("!") for line in let_in if line.startswith("!")} == copied
    assert "**/__pycache__" in let_in


@pytest.mark.slow
def test_the_containers_steps_in_a_clean_folder(tmp_path: Path) -> None:
    """Its COPY, RUN pip, CMD and HEALTHCHECK lines, read from the Dockerfile, where nothing else is."""
    file = DEPLOY / "Dockerfile"
    source, recipes, cache = tmp_path / "goodpart", tmp_path / "recipes", tmp_path / "cache"
    for folder in (source, recipes, cache):
        folder.mkdir()
    for line in lines_of(file, "COPY "):
        *names, place = line.split()
        for name in names:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, source / place)
    env = {"PATH": f"{tmp_path}/venv/bin:/usr/bin:/bin", "HOME": str(recipes)}
    for line in lines_of(file, "ENV "):
        for setting in line.split():
            name, _, value = setting.partition("=")
            env[name] = value.replace("/recipes", str(recipes)).replace("/cache", str(cache))
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    (install,) = [line for line in lines_of(file, "RUN ") if line.startswith("pip")]
    # With the caller's own ways to the packages, which a build host has too.
    done = subprocess.run(
        [tmp_path / "venv/bin/python", "-m", *shlex.split(install.replace("--no-cache-dir ", ""))],
        cwd=source, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    program = json.loads(lines_of(file, "ENTRYPOINT ")[0])
    arguments = json.loads([line for line in lines_of(file, "CMD ") if line.startswith("[")][-1])
    with socket.socket() as free:
        free.bind(("0.0.0.0", 0))
        port = str(free.getsockname()[1])
    subprocess.run([tmp_path / "venv/bin/goodpart", "new", "demo", "--camera", "simulated"], env=env, check=True)
    command = [tmp_path / "venv/bin" / program[0], *(one.replace("/recipes", str(recipes)) for one in arguments)]
    service = subprocess.Popen(
        [*command, "--port", port], env=env, cwd=recipes, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert service.stdout
        assert f"http://0.0.0.0:{port}/" in service.stdout.readline()
        check = json.loads(re.search(r"HEALTHCHECK.*?(\[.*?\])", file.read_text(), re.DOTALL)[1])  # type: ignore[index]
        asked = [one.replace("/recipes", str(recipes)).replace("5000", port) for one in check]

        def healthy() -> subprocess.CompletedProcess[str]:
            return subprocess.run(asked, env=env, cwd=recipes, capture_output=True, text=True, check=False)

        # It runs and is asked; nothing was learnt yet, and so it is not well.
        assert until(lambda: "nothing was learnt yet" in healthy().stdout, 30), healthy()
        assert healthy().returncode == 1
        assert (recipes / "tokens").stat().st_mode & 0o777 == 0o600
        # The page is installed with it.
        served = Served(service, f"http://127.0.0.1:{port}")
        for path in ("/", "/docs", "/page/live.js", "/page/page.css"):
            status, text = served.get(path)
            name = {"/": "index.html", "/docs": "docs.html"}.get(path, path.rpartition("/")[2])
            assert (status, text) == (200, (ROOT / "tui" / "service" / "page" / name).read_text())
    finally:
        service.terminate()
        _, said = service.communicate(timeout=15)
    assert "Traceback" not in said
