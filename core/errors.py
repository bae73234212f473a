"""Errors that a technician can fix."""

from __future__ import annotations


class GoodpartError(Exception):
    """An error with one sentence: what is wrong and what to do about it.

    The command line prints the sentence and exits with `exit_code`.
    """

    exit_code = 2


class UnreadableError(GoodpartError):
    """A file that cannot be read or decoded."""

    exit_code = 3
