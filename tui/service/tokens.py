"""Who may read, who may change: two tokens in a file that nobody else can read."""

from __future__ import annotations

import hmac
import os
import secrets
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.errors import GoodpartError

May = Literal["read", "change"]
LEAST_LENGTH = 16
_ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
"""What a header, a URL and a WebSocket's subprotocol can all carry."""


@dataclass(frozen=True)
class Tokens:
    read: str = ""
    change: str = ""
    """May read as well. Where one is empty nobody has it."""

    def allow(self, given: str, what: May) -> bool:
        """In the same time, however much of it is right."""
        change = _same(given, self.change)
        return (_same(given, self.read) or change) if what == "read" else change

    @property
    def best(self) -> str:
        """What a viewer shows: the one that may more."""
        return self.change or self.read


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode()) and bool(known)


def read_tokens(path: Path) -> Tokens:
    """From `read = "..."` and `change = "..."`. Raises GoodpartError, also for a file that others can read."""
    try:
        with path.open("rb") as file:
            others = os.name != "nt" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077
            if others:
                raise GoodpartError(f"{path}: others can read the tokens: chmod 600 {path}")
            table = tomllib.loads(file.read().decode())
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise GoodpartError(f"{path}: the tokens cannot be read ({why})") from error
    unknown = table.keys() - {"read", "change"}
    if unknown or not table:
        raise GoodpartError(f'{path}: give read = "..." and change = "...", nothing else')
    for name, token in table.items():
        if not isinstance(token, str) or len(token) < LEAST_LENGTH or not _ALLOWED.issuperset(token):
            raise GoodpartError(
                f"{path}: {name}: a token has at least {LEAST_LENGTH} letters, digits or - _ . ~; without this file"
                " goodpart serve makes one"
            )
    return Tokens(**table)


def tokens_made_if_missing(path: Path) -> Tokens:
    """What `goodpart serve --token-file` does. Raises GoodpartError."""
    made = Tokens(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    text = (
        "# goodpart serve: who has the first may look and have files judged, who has the second may do everything.\n"
        f'read = "{made.read}"\nchange = "{made.change}"\n'
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_tokens(path)
    except OSError as error:
        raise GoodpartError(f"{path}: cannot be made ({error.strerror or error})") from error
    with os.fdopen(handle, "w") as file:
        file.write(text)
    return made
