"""Requests to a served station over HTTP."""

from __future__ import annotations

import getpass
import http.client
import json
import secrets
import socket
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from core.errors import GoodpartError

ANSWER_SECONDS = 5.0
JUDGED_SECONDS = 90.0


class ServiceClient:
    """Sends requests to one service, under one name."""

    def __init__(self, url: str, token: str = "", who: str | None = None) -> None:
        """`who` is the name for the journal, `user@host` if it is None. Raises GoodpartError for an invalid address."""
        self.url = service_url(url)
        self._token = token
        self._who = who or f"{user_name()}@{socket.gethostname()}"

    @property
    def address(self) -> str:
        return self.url.geturl()

    @property
    def headers(self) -> dict[str, str]:
        """Who asks, and the token that allows it."""
        name = self._who.encode("ascii", "replace").decode()
        return {"X-Goodpart-Who": name} | ({"Authorization": f"Bearer {self._token}"} if self._token else {})

    def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "", seconds: float = ANSWER_SECONDS
    ) -> tuple[int, Any]:
        """Status and JSON of an answer; `kind` is the media type of `body`. Raises GoodpartError if none comes."""
        secure = self.url.scheme == "https"
        make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = make(self.url.hostname or "", self.url.port, timeout=seconds)
        headers = self.headers | ({"Content-Type": kind} if kind else {})
        try:
            connection.request(method, self.url.path.rstrip("/") + path, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise GoodpartError(f"no answer from {self.address} ({error or type(error).__name__})") from error
        finally:
            connection.close()

    def judge(self, file: Path, sensitivity: float | None = None) -> dict[str, Any]:
        """The answer of POST /judge about a file of this machine. Raises GoodpartError with the service's words."""
        try:
            data = file.read_bytes()
        except OSError as error:
            raise GoodpartError(f"{file}: cannot be read ({error.strerror or error})") from error
        mark = f"goodpart-{secrets.token_hex(16)}"
        name = file.name.encode("utf-8", "replace").replace(b'"', b"'")
        head = b'--%s\r\nContent-Disposition: form-data; name="data_file"; filename="%s"\r\n\r\n' % (
            mark.encode(),
            name,
        )
        body = head + data + f"\r\n--{mark}--\r\n".encode()
        path = "/judge?map=1" + ("" if sensitivity is None else f"&sensitivity={sensitivity:g}")
        status, said = self.ask("POST", path, body, f"multipart/form-data; boundary={mark}", JUDGED_SECONDS)
        if status != 200:
            raise GoodpartError(str(said.get("error", f"the service answers {status}")))
        result: dict[str, Any] = said
        return result


def token_in(file: Path | None) -> str:
    """The token of a token file that allows the most; empty without a file. Raises GoodpartError."""
    from tui.service.tokens import read_tokens

    return read_tokens(file).best if file else ""


def user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, in a container
        return "somebody"


def status_words(status: int) -> str:
    """Why a service refuses to send snapshots, by its HTTP status."""
    if status in (401, 403):
        return "it wants a token: --token-file, with the one that goodpart serve was given"
    if status == 429:
        return "too many viewers and requests are there"
    return f"it answers {status}: is this the address of goodpart serve?"


def service_url(url: str) -> SplitResult:
    """The parts of a service's address. Raises GoodpartError if it is invalid."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good:
        raise GoodpartError(f"{url}: give the address of goodpart serve, such as http://127.0.0.1:5000")
    return parts._replace(query="", fragment="")
