"""`goodpart serve` in a process of its own, and curl before it."""

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
    process: subprocess.Popen[str]
    url: str

    def get(self, path: str, token: str = "") -> tuple[int, Any]:
        """Status and what the JSON says (or the text, where it is none)."""
        return asked(urllib.request.Request(self.url + path, headers=authorised(token)))

    def post(self, path: str, said: Any, token: str = "", **headers: str) -> tuple[int, Any]:
        head = {"Content-Type": "application/json", **authorised(token), **headers}
        return asked(urllib.request.Request(self.url + path, json.dumps(said).encode(), head, method="POST"))

    def until(self, met: Callable[[Any], bool], seconds: float = 15.0) -> Any:
        """The first snapshot of which it is true."""
        found: list[Any] = []

        def look() -> bool:
            found[:] = [self.get("/snapshot")[1]["snapshot"]]
            return met(found[0])

        assert until(look, seconds), str(found)[:2000]
        return found[0]

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Exit code, and the seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(15), time.monotonic() - began


def authorised(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def asked(request: urllib.request.Request) -> tuple[int, Any]:
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
    """Status and JSON of what the real curl gets."""
    done = subprocess.run(
        ["curl", "-sS", "--max-time", "60", "-w", "\n%{http_code}", *map(str, arguments)],
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    text, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(text)


def start(recipe: Path, env: Mapping[str, str], *options: str | Path) -> Served:
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
    """Both senses at the simulated bench, by the models of two recipes; `folder` becomes theirs."""
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
    """Ended with it; nothing on standard error may tell of an error that nobody foresaw."""
    served = start(recipe, env, *options)
    try:
        yield served
    finally:
        if served.process.poll() is None:
            served.end()
        assert served.process.stderr
        said = served.process.stderr.read()
        assert "Traceback" not in said and "Exception" not in said and "never retrieved" not in said, said
        served.process.stderr.close()
        assert served.process.stdout
        served.process.stdout.close()
