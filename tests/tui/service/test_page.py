"""The page of the service in a real browser: live state, AMULET's browser flow, by keyboard and in a narrow window."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile

from core.recipes.recipe import Recipe
from core.serialization.snapshot_json import VERSION
from core.sources.simulated.motor import RATE, Unit, sound_of
from tests.support.chromium import Page, chromium
from tests.support.parts import odd_part, until
from tests.support.served import Served, asked, serving, unhurried

User = Mapping[str, str]
PICTURES = os.environ.get("GOODPART_SCREENSHOTS")
"""A folder for pictures of what was seen, to be looked at."""


def kept(page: Page, name: str) -> None:
    if PICTURES:
        page.picture(Path(PICTURES) / f"{name}.png")


@pytest.fixture
def sees(trained: Recipe, user: User) -> Iterator[Served]:
    """For a page that commands it, or sees it end."""
    with serving(trained.folder, user, "--port", "0", "--camera", "simulated") as served:
        yield served


@pytest.fixture(scope="module")
def bench(trained_once: Path, user: User, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """For pages that only look at it, and give it pictures to judge."""
    folder = tmp_path_factory.mktemp("bench") / "pump"
    shutil.copytree(trained_once, folder)
    with serving(unhurried(folder), user, "--port", "0", "--camera", "simulated") as served:
        yield served


@pytest.fixture(scope="module")
def hears(heard_once: Path, user: User, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("hears") / "motor"
    shutil.copytree(heard_once, folder)
    with serving(unhurried(folder), user, "--port", "0", "--microphone", "simulated") as served:
        yield served


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    sound = np.random.default_rng(1).normal(0, 0.2, 6 * RATE).astype(np.float32)
    soundfile.write(tmp_path / "noise.wav", sound, RATE)
    return tmp_path / "noise.wav"


@pytest.mark.parametrize(("variable", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_browser_is_no_success_in_ci(
    monkeypatch: pytest.MonkeyPatch, variable: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CI", variable)
    with pytest.raises(outcome, match="there is no Chromium here"), chromium():
        pass


def test_the_station_is_seen_live(sees: Served) -> None:
    with chromium() as page:
        page.open(sees.url)
        assert until(lambda: page.text("#state") in ("OK", "ANOMALY")), page.text("body")
        assert until(lambda: page.run("document.querySelectorAll('#plots .line').length") == 2)
        assert until(lambda: len(page.run("document.querySelector('#image-density .line').getAttribute('d')")) > 60)
        assert page.run("document.querySelectorAll('#plots .limit').length") == 2
        assert "judged" in page.text("#facts")
        assert until(lambda: page.run("document.getElementById('preview').width") == 80)
        kept(page, "live")
        # Nothing comes from elsewhere, and nothing went wrong.
        host = sees.url.removeprefix("http://")
        assert {address.split("/")[2] for address in page.requests if "://" in address} == {host}
        assert page.complaints == []
        sees.process.kill()
        assert until(lambda: "LOST" in page.text("#reason"), 10)
        kept(page, "lost")


ANOTHER_SERVICE = """
    show = lost = () => {};  // the page's own line says nothing more
    WebSocket = class {
        constructor() { setTimeout(() => this.onmessage({ data: '{"goodpart": 3, "snapshot": {}}' })); }
        close() { this.onclose && this.onclose(); }
    };
    listen();
"""


def test_a_page_that_is_older_than_the_service_says_so(sees: Served) -> None:
    with chromium() as page:
        page.open(sees.url)
        assert until(lambda: page.text("#state") in ("OK", "ANOMALY")), page.text("body")
        assert page.run("VERSION") == VERSION
        page.run(ANOTHER_SERVICE)
        assert until(
            lambda: f"sends version 3 of the snapshots, this page reads version {VERSION}" in page.text("#reason")
        )
        assert page.text("#state") == "UNKNOWN"


def test_a_recording_is_judged_by_keyboard_alone(hears: Served, noise: Path) -> None:
    with chromium() as page:
        page.open(hears.url, 360, 740)
        # The file dialogue is the browser's own; all else is Tab, Enter and Space.
        page.choose("#judge [name=data_file]", noise)
        page.run("document.querySelector('#judge [name=data_file]').focus()")
        page.press("Tab")
        assert page.run("document.activeElement.innerText") == "Judge"
        page.press("Enter")
        assert until(lambda: page.text("#said").startswith("ANOMALY: ")), page.text("#said")
        heads = page.run("[...document.querySelectorAll('#anomalies th')].map(th => th.innerText)")
        assert heads == ["Anomaly", "Value", "Seconds"]
        row = page.run("[...document.querySelectorAll('#anomalies tbody tr:first-child td')].map(td => td.innerText)")
        assert row[0] == "yes"
        assert float(row[1]) > 0
        assert row[2].count("-") == 1
        assert page.run("document.querySelectorAll('#trace .line, #trace .limit').length") == 2
        # A narrow window scrolls down, never sideways.
        assert page.run("document.documentElement.scrollWidth") <= 360
        page.run("document.getElementById('judge').scrollIntoView()")
        kept(page, "narrow")
        page.press("Tab")
        page.press("Tab")
        assert page.run("document.activeElement.innerText") == "Reset"
        page.press(" ")
        assert until(lambda: page.run("document.getElementById('anomalies').hidden"))
        assert page.text("#said") == ""
        assert page.run("document.querySelector('#judge [name=data_file]').files.length") == 0
        page.press("Tab")
        page.run("document.querySelector('#judge button').click()")
        assert until(lambda: page.text("#said") == "choose a file first")
        assert page.complaints == []


SUBMIT = "document.getElementById('judge').requestSubmit();"
ANSWERED = "performance.getEntriesByType('resource').filter(e => e.name.includes('/judge?') && e.responseEnd).length"
A_MOMENT = "new Promise(done => setTimeout(done, 500))"


def test_reset_while_a_file_is_judged_leaves_nothing(hears: Served, noise: Path) -> None:
    with chromium() as page:
        page.open(hears.url)
        page.choose("#judge [name=data_file]", noise)
        page.run(SUBMIT + "document.getElementById('judge').reset()")
        assert until(lambda: page.run(ANSWERED) == 1, 30), page.requests
        page.run(A_MOMENT)
        assert page.text("#said") == ""
        assert page.run(
            "document.getElementById('anomalies').hidden && !document.getElementById('trace').children.length"
        )


def test_a_late_answer_does_not_replace_that_of_the_next_file(hears: Served, noise: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "good.wav", sound_of(Unit(500, 500), 6.0), RATE)
    with chromium() as page:
        page.open(hears.url)
        # The first answer is held up on its way.
        page.run(
            "{ const real = fetch; const held = new Promise(done => window.release = done); let asked = 0;"
            "window.fetch = async (...all) => { const first = !asked++, answer = await real(...all);"
            "if (first) await held; return answer; } }"
        )
        for file in (noise, tmp_path / "good.wav"):
            page.choose("#judge [name=data_file]", file)
            page.run(SUBMIT)
        assert until(lambda: page.text("#said").startswith("OK: "), 30), page.text("#said")
        assert until(lambda: page.run(ANSWERED) == 2, 10)
        page.run("release()")
        page.run(A_MOMENT)
        assert page.text("#said").startswith("OK: ")
        assert "No anomalies detected" in page.text("#anomalies")
        assert page.complaints == []


def test_a_picture_is_judged_and_shown_with_its_map(bench: Served, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "odd.png"), odd_part(7))
    (tmp_path / "broken.png").write_bytes(b"\x89PNG and no more")
    with chromium() as page:
        page.open(bench.url)
        page.choose("#judge [name=data_file]", tmp_path / "odd.png")
        page.run("document.querySelector('#judge button').click()")
        assert until(lambda: page.text("#said").startswith("ANOMALY: ")), page.text("#said")
        assert until(lambda: page.run("document.querySelector('#picture img').naturalWidth") == 200)
        drawn = (
            "(() => { const c = document.querySelector('#picture canvas');"
            "const all = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            "return all.filter((v, i) => i % 4 === 3 && v > 60).length })()"
        )
        assert 0 < page.run(drawn) < 14 * 14
        page.run("document.getElementById('judge').scrollIntoView()")
        kept(page, "picture")
        page.choose("#judge [name=data_file]", tmp_path / "broken.png")
        page.run("document.querySelector('#judge button').click()")
        assert until(lambda: "broken.png: is not a picture" in page.text("#said")), page.text("#said")
        assert page.run("document.getElementById('picture').hidden")
        # The browser tells of the refusal, which is one.
        assert all("422" in complaint for complaint in page.complaints)


def test_the_browser_records_and_what_it_heard_is_judged(hears: Served, noise: Path) -> None:
    options = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={noise}",
        "--autoplay-policy=no-user-gesture-required",
    )
    with chromium(*options) as page:
        page.open(hears.url)
        page.run("document.getElementById('record').focus()")
        page.press("Enter")
        assert until(lambda: page.text("#said").startswith(("recording, 3 s", "recording, 4 s")), 30), page.text(
            "#said"
        )
        page.press("Enter")
        assert until(lambda: page.text("#said").startswith("ANOMALY: "), 20), page.text("#said")
        assert page.complaints == []
        kept(page, "recorded")
        # Reset ends a recording, and throws it away.
        page.run("document.getElementById('record').click()")
        assert until(lambda: page.text("#said").startswith("recording, "), 30), page.text("#said")
        page.run("document.getElementById('judge').reset()")
        assert page.text("#record") == "Record"
        page.run(A_MOMENT)
        page.run(A_MOMENT)
        assert page.text("#said") == ""
        assert page.complaints == []


def test_a_service_with_tokens_asks_for_one(trained: Recipe, user: User, tmp_path: Path) -> None:
    import tomllib

    file = tmp_path / "tokens"
    with (
        serving(trained.folder, user, "--port", "0", "--token-file", file, "--camera", "simulated") as served,
        chromium() as page,
    ):
        page.open(served.url)
        assert until(lambda: not page.run("document.getElementById('token').hidden"))
        token = tomllib.loads(file.read_text())["read"]
        page.run(f"document.querySelector('#token input').value = '{token}'")
        page.run("document.querySelector('#token button').click()")
        assert until(lambda: page.text("#state") in ("OK", "ANOMALY")), page.text("body")


def test_the_calls_can_be_read(bench: Served) -> None:
    with chromium() as page:
        page.open(f"{bench.url}/docs")
        assert until(lambda: "POST /submit" in page.text("#calls"))
        assert "curl -X POST -F data_file=@FILE" in page.text("#calls")
        assert page.complaints == []
        kept(page, "calls")


def test_the_dashboard_in_a_browser(sees: Served, user: User) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    web = subprocess.Popen(
        [sys.executable, "-m", "tui", "web", sees.url, "--port", str(port)],
        env=dict(user), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert web.stdout
        assert f"http://127.0.0.1:{port}/" in web.stdout.readline()
        with chromium() as page:
            page.open(f"http://127.0.0.1:{port}/")
            assert until(lambda: page.run("document.body.classList.contains('-first-byte')"), 30)
            # What is on the screen is drawn, not text; that the keys work is seen in the station.
            page.run("document.querySelector('textarea').focus()")
            assert until(lambda: pressed(page, " ") and sees.get("/snapshot")[1]["snapshot"]["paused"], 30)
            if PICTURES:
                page.run("new Promise(done => setTimeout(done, 5000))")
            kept(page, "web")
            hosts = {address.split("/")[2] for address in page.requests if "://" in address}
            assert hosts == {f"127.0.0.1:{port}"}
            assert page.run("document.fonts.check('16px \"Roboto Mono\"')")
            assert page.complaints == []
        for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
            request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers=headers)
            assert asked(request)[0] == 403
    finally:
        web.terminate()
        said, _ = web.communicate(timeout=15)
    assert "Traceback" not in said


def pressed(page: Page, key: str) -> bool:
    page.press(key, key)
    page.run("new Promise(done => setTimeout(done, 1500))")
    return True
