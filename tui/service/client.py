"""Calls to a served station over HTTP."""

from __future__ import annotations

import getpass
from urllib.parse import SplitResult, urlsplit

from core.errors import GoodpartError

ANSWER_SECONDS = 5.0


JUDGED_SECONDS = 90.0


def user_of() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, in a container
        return "somebody"


def refusal(status: int) -> str:
    if status in (401, 403):
        return "it wants a token: --token-file, with the one that goodpart serve was given"
    if status == 429:
        return "too many viewers and requests are there"
    return f"it answers {status}: is this the address of goodpart serve?"


def checked(url: str) -> SplitResult:
    """Raises GoodpartError for an address that is none."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good:
        raise GoodpartError(f"{url}: give the address of goodpart serve, such as http://127.0.0.1:5000")
    return parts._replace(query="", fragment="")
