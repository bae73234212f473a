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
    """A page of the browser."""

    def __init__(self, line: ClientConnection) -> None:
        self._line = line
        self._numbers = itertools.count(1)
        self.requests: list[str] = []
        """Every address that the page requested."""
        self.complaints: list[str] = []
        """Errors of scripts, and violations of the page's security policy."""

    def call(self, method: str, **parameters: Any) -> Any:
        """Call a method of the debugging protocol and return its result; fails if the browser reports an error."""
        number = next(self._numbers)
        self._line.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._line.recv(timeout=30))
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self._note(message)

    def _note(self, message: Any) -> None:
        event, details = message.get("method"), message.get("params", {})
        if event == "Network.requestWillBeSent":
            self.requests.append(details["request"]["url"])
        elif event == "Network.webSocketCreated":
            self.requests.append(details["url"])
        elif event == "Runtime.exceptionThrown":
            self.complaints.append(str(details["exceptionDetails"]))
        elif event == "Log.entryAdded" and details["entry"]["level"] == "error":
            self.complaints.append(str(details["entry"]))

    def run(self, script: str) -> Any:
        """Return the value of an expression; waits if it is a promise."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def text(self, selector: str) -> str:
        """Return the visible text of the first element that the selector matches; empty if there is none."""
        return str(self.run(f"(document.querySelector({selector!r}) || {{}}).innerText || ''"))

    def open(self, url: str, width: int = 1000, height: int = 900) -> None:
        """Load an address and wait until the document is complete; the size is in pixels."""
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            self.call(f"{domain}.enable")
        self.resize(width, height)
        self.call("Page.navigate", url=url)
        assert until(lambda: self.run("document.readyState") == "complete")

    def resize(self, width: int, height: int) -> None:
        """Set the size of the page in pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def press(self, key: str, text: str = "") -> None:
        """Press and release a key; `text` is the character that it types."""
        code, number, typed = KEYS.get(key, (key, 0, text))
        common = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=typed, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def choose(self, selector: str, file: Path) -> None:
        """Choose a file in the file input that the selector matches."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(file)])

    def picture(self, place: Path) -> None:
        """Save a screenshot as PNG."""
        place.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


@contextmanager
def chromium(*options: str) -> Iterator[Page]:
    """Start a browser with an empty page. Without Chromium the test is skipped; in CI (the variable CI is set) it
    fails."""
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
            ports = Path(home) / "DevToolsActivePort"
            assert until(lambda: ports.exists() and len(ports.read_text().split()) == 2, 60)
            port = ports.read_text().split()[0]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
                page = next(target for target in json.loads(answer.read()) if target["type"] == "page")
            with connect(page["webSocketDebuggerUrl"], max_size=None, proxy=None) as line:
                yield Page(line)
        finally:
            process.terminate()
            process.wait(15)
