"""A headless Chromium, driven over its debugging protocol."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.support.parts import until

KEYS = {"Tab": ("Tab", 9, ""), "Enter": ("Enter", 13, "\r"), " ": ("Space", 32, " ")}


class Page:
    def __init__(self, line: ClientConnection) -> None:
        self._line = line
        self._numbers = itertools.count(1)
        self.requests: list[str] = []
        """Every address that was asked for."""
        self.complaints: list[str] = []
        """Errors of scripts, and what the page's policy forbade."""

    def call(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        self._line.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            said = json.loads(self._line.recv(timeout=30))
            if said.get("id") == number:
                assert "error" not in said, said
                return said["result"]
            self._note(said)

    def _note(self, said: Any) -> None:
        of, what = said.get("method"), said.get("params", {})
        if of == "Network.requestWillBeSent":
            self.requests.append(what["request"]["url"])
        elif of == "Network.webSocketCreated":
            self.requests.append(what["url"])
        elif of == "Runtime.exceptionThrown":
            self.complaints.append(str(what["exceptionDetails"]))
        elif of == "Log.entryAdded" and what["entry"]["level"] == "error":
            self.complaints.append(str(what["entry"]))

    def run(self, script: str) -> Any:
        """The value of an expression; promises are waited for."""
        said = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True)
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    def text(self, selector: str) -> str:
        return str(self.run(f"(document.querySelector({selector!r}) || {{}}).innerText || ''"))

    def open(self, url: str, width: int = 1000, height: int = 900) -> None:
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            self.call(f"{domain}.enable")
        self.resize(width, height)
        self.call("Page.navigate", url=url)
        assert until(lambda: self.run("document.readyState") == "complete")

    def resize(self, width: int, height: int) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def press(self, key: str, text: str = "") -> None:
        code, number, typed = KEYS.get(key, (key, 0, text))
        common = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=typed, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def choose(self, selector: str, file: Path) -> None:
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(file)])

    def picture(self, place: Path) -> None:
        place.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


@contextmanager
def chromium(*options: str) -> Iterator[Page]:
    """Skips the test where there is none; in CI (the variable CI is set) that is a failure."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no Chromium here")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
             f"--user-data-dir={home}", *options, "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            told = Path(home) / "DevToolsActivePort"
            assert until(lambda: told.exists() and len(told.read_text().split()) == 2, 60)
            port = told.read_text().split()[0]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
                page = next(one for one in json.loads(answer.read()) if one["type"] == "page")
            with connect(page["webSocketDebuggerUrl"], max_size=None, proxy=None) as line:
                yield Page(line)
        finally:
            process.terminate()
            process.wait(15)
