"""Read and write tokens, stored in a file with mode 0600."""

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
"""Characters of the shortest token."""
_ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
"""Characters that are valid in a header, a URL and a WebSocket's subprotocol."""


@dataclass(frozen=True)
class Tokens:
    """The token to read and the token to change."""

    read: str = ""
    change: str = ""
    """Allows reading as well. An empty token allows nothing."""

    def allow(self, given: str, what: May) -> bool:
        """Return whether a token allows `what`. The time does not depend on how much of the token is right."""
        change = _same(given, self.change)
        return (_same(given, self.read) or change) if what == "read" else change

    @property
    def best(self) -> str:
        """The token that allows the most."""
        return self.change or self.read


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode()) and bool(known)


def read_tokens(path: Path) -> Tokens:
    """Return the tokens of a file with `read = "..."` and `change = "..."`.

    Raises GoodpartError if it is missing or invalid, or if others can read it.
    """
    try:
        with path.open("rb") as file:
            others = os.name != "nt" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077
            if others:
                raise GoodpartError(f"{path}: other users can read the tokens: run chmod 600 {path}")
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
    """Return the tokens of a file; make the file with new tokens if it is missing.

    Raises GoodpartError if it cannot be made, is invalid, or if others can read it.
    """
    made = Tokens(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    text = (
        "# goodpart serve: the first token allows looking and judging files, the second one allows everything.\n"
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
