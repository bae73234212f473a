"""goodpart web: who gets the dashboard in a browser."""

from __future__ import annotations

import base64
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.parts import goodpart, until
from tests.support.served import asked
from tui.service.tokens import Tokens, tokens_made_if_missing

User = Mapping[str, str]
NOBODY = "http://127.0.0.1:9"
"""A service that need not answer: the page comes without it."""


@contextmanager
def web(user: User, *options: str | Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("0.0.0.0", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tui", "web", NOBODY, "--port", str(port), *map(str, options)],
        env=dict(user), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}/"
    try:
        assert until(lambda: answers(url), 30)
        yield url
    finally:
        process.terminate()
        said = process.communicate(timeout=15)[0]
        assert "Traceback" not in said, said


def answers(url: str) -> bool:
    try:
        asked(urllib.request.Request(url))
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


def status(url: str, password: str | None = None, **headers: str) -> int:
    if password is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(f"anybody:{password}".encode()).decode()
    return asked(urllib.request.Request(url, headers=headers))[0]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("web") / "tokens"


@pytest.fixture(scope="module")
def tokens(file: Path) -> Tokens:
    return tokens_made_if_missing(file)


@pytest.fixture(scope="module")
def reached(user: User, file: Path, tokens: Tokens) -> Iterator[str]:
    """One that other machines reach."""
    with web(user, "--host", "0.0.0.0", "--token-file", file) as url:
        yield url


def test_from_elsewhere_it_takes_the_token_that_changes(reached: str, tokens: Tokens) -> None:
    for wrong in (None, "", "wrong", tokens.read, tokens.change[:-1], tokens.change + "x"):
        assert status(reached, wrong) == 401, wrong
    assert status(reached, tokens.change) == 200
    for header in ("Basic", "Basic !", "Basic " + base64.b64encode(b"\xff:\xff").decode(), f"Bearer {tokens.change}"):
        assert status(reached, Authorization=header) == 401, header


def test_everything_behind_it_takes_it_too(reached: str, tokens: Tokens) -> None:
    for path in ("ws", "static/js/textual.js", "nothing"):
        assert status(reached + path) == 401, path
    assert status(reached + "static/js/textual.js", tokens.change) == 200


def test_a_page_from_elsewhere_may_not(reached: str, tokens: Tokens) -> None:
    assert status(reached, tokens.change, Origin="http://evil.example") == 403


def test_on_this_machine_names_of_it_alone_are_answered_to(user: User) -> None:
    with web(user) as url:
        assert status(url) == 200
        assert status(url, Host="evil.example") == 403
        assert status(url, Host="127.example.com") == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "127.example.com"])
def test_an_address_that_others_reach_needs_a_token(user: User, host: str) -> None:
    done = goodpart(["web", NOBODY, "--host", host], user)
    assert (done.returncode, "can be reached from other machines" in done.stderr) == (2, True)


def test_a_token_that_may_only_read_is_not_enough(user: User, tmp_path: Path) -> None:
    only = tmp_path / "tokens"
    only.write_text('read = "0123456789abcdef"\n')
    only.chmod(0o600)
    done = goodpart(["web", NOBODY, "--host", "0.0.0.0", "--token-file", only], user)
    assert (done.returncode, "a token to change" in done.stderr) == (2, True)
