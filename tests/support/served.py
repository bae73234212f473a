"""Runs `goodpart serve` in a separate process and sends requests to it, also with curl."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.recipes.recipe import open_recipe
from tests.support.parts import until


@dataclass
class Served:
    """A running `goodpart serve`."""

    process: subprocess.Popen[str]
    url: str

    def get(self, path: str, token: str = "") -> tuple[int, Any]:
        """Return the status and the answer as JSON, or as text if it is not JSON."""
        return asked(urllib.request.Request(self.url + path, headers=authorised(token)))

    def post(self, path: str, said: Any, token: str = "", **headers: str) -> tuple[int, Any]:
        """Post JSON; returns the status and the answer like `get`."""
        head = {"Content-Type": "application/json", **authorised(token), **headers}
        return asked(urllib.request.Request(self.url + path, json.dumps(said).encode(), head, method="POST"))

    def until(self, met: Callable[[Any], bool], seconds: float = 15.0) -> Any:
        """Return the first snapshot for which `met` is true; fails after `seconds`."""
        newest: list[Any] = []

        def look() -> bool:
            newest[:] = [self.get("/snapshot")[1]["snapshot"]]
            return met(newest[0])

        assert until(look, seconds), str(newest)[:2000]
        return newest[0]

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Send the signal and wait; returns the exit code and the seconds until the end."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(15), time.monotonic() - began


def authorised(token: str) -> dict[str, str]:
    """Return the header for a token; no header without a token."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def asked(request: urllib.request.Request) -> tuple[int, Any]:
    """Send a request; returns the status and the answer as JSON, or as text if it is not JSON."""
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text


def curl(*arguments: str | Path) -> tuple[int, Any]:
    """Run the real curl; returns the status and the JSON that it received."""
    done = subprocess.run(
        ["curl", "-sS", "--max-time", "60", "-w", "\n%{http_code}", *map(str, arguments)],
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    text, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(text)


def start(recipe: Path, env: Mapping[str, str], *options: str | Path) -> Served:
    """Start the service and wait until it answers; fails after 15 s."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tui", "serve", str(recipe), *map(str, options or ("--port", "0"))],
        env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    first = process.stdout.readline()
    if "http://" not in first:
        process.kill()
        raise AssertionError(process.communicate())
    served = Served(process, first.split()[1].rstrip("/"))
    assert until(lambda: is_up(served), 15)
    return served


def is_up(served: Served) -> bool:
    """Return whether the service answers."""
    try:
        served.get("/")
    except urllib.error.URLError:
        return False
    return True


def unhurried(folder: Path, rate: float = 10.0) -> Path:
    """Let the recipe judge fewer pictures per second, so that a service which tests share leaves them the cores."""
    open_recipe(str(folder)).change("verdict", {"rate": rate})
    return folder


@contextmanager
def serving_both(folder: Path, sees: Path, hears: Path, env: Mapping[str, str]) -> Iterator[Served]:
    """Run the service with simulated camera and microphone, on a new recipe in `folder` with the models of two
    recipes."""
    shutil.copytree(sees, folder)
    shutil.copy(hears / "sound.goodpart", folder)
    # Two senses share it: 30 good pictures support no less.
    toml = (folder / "recipe.toml").read_text()
    (folder / "recipe.toml").write_text(toml.replace("false_alarms = 0.05", "false_alarms = 0.1"))
    with serving(unhurried(folder), env, "--port", "0", "--camera", "simulated", "--microphone", "simulated") as served:
        served.until(lambda now: now["image"]["judged"] is not None and now["sound"]["judged"] is not None)
        yield served


@contextmanager
def serving(recipe: Path, env: Mapping[str, str], *options: str | Path) -> Iterator[Served]:
    """Run the service and end it afterwards; its standard error must not contain an unexpected error."""
    served = start(recipe, env, *options)
    try:
        yield served
    finally:
        if served.process.poll() is None:
            served.end()
        assert served.process.stderr
        errors = served.process.stderr.read()
        assert "Traceback" not in errors and "Exception" not in errors and "never retrieved" not in errors, errors
        served.process.stderr.close()
        assert served.process.stdout
        served.process.stdout.close()
