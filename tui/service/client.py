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
"""Seconds to wait for an answer."""
JUDGED_SECONDS = 90.0
"""Seconds to wait until a file is judged."""


class ServiceClient:
    """Sends requests to one service, under one name."""

    def __init__(self, url: str, token: str = "", who: str | None = None) -> None:
        """`who` is the name for the journal, `user@host` if it is None. Raises GoodpartError for an invalid address."""
        self.url = service_url(url)
        self._token = token
        self._who = who or f"{user_name()}@{socket.gethostname()}"

    @property
    def address(self) -> str:
        """The address of the service, as a URL."""
        return self.url.geturl()

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every request: the sender's name, and the token."""
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
        """Send a file of this machine to POST /judge and return the answer.

        Raises GoodpartError if the file cannot be read, with the service's message if it refuses, or without an answer.
        """
        try:
            data = file.read_bytes()
        except OSError as error:
            raise GoodpartError(f"{file}: cannot be read ({error.strerror or error})") from error
        boundary = f"goodpart-{secrets.token_hex(16)}"
        name = file.name.encode("utf-8", "replace").replace(b'"', b"'")
        head = b'--%s\r\nContent-Disposition: form-data; name="data_file"; filename="%s"\r\n\r\n' % (
            boundary.encode(),
            name,
        )
        body = head + data + f"\r\n--{boundary}--\r\n".encode()
        path = "/judge?map=1" + ("" if sensitivity is None else f"&sensitivity={sensitivity:g}")
        status, answer = self.ask("POST", path, body, f"multipart/form-data; boundary={boundary}", JUDGED_SECONDS)
        if status != 200:
            raise GoodpartError(str(answer.get("error", f"the service answers {status}")))
        result: dict[str, Any] = answer
        return result


def token_in(file: Path | None) -> str:
    """Return the token of a token file that allows the most; empty without a file.

    Raises GoodpartError if the file cannot be read.
    """
    from tui.service.tokens import read_tokens

    return read_tokens(file).best if file else ""


def user_name() -> str:
    """Return the name of this machine's user, "somebody" if it has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may have no name for the user id
        return "somebody"


def status_words(status: int) -> str:
    """Return why a service refuses to send snapshots, by its HTTP status."""
    if status in (401, 403):
        return "it needs a token: give --token-file with the token file of goodpart serve"
    if status == 429:
        return "it has too many viewers and requests"
    return f"it answers {status}: is this the address of goodpart serve?"


def service_url(url: str) -> SplitResult:
    """Return the parts of a service's address. Raises GoodpartError if it is invalid."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        raise GoodpartError(f"{url}: give the address of goodpart serve, such as http://127.0.0.1:5000")
    return parts._replace(query="", fragment="")
