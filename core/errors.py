"""What goes wrong in ways that a technician can mend."""

from __future__ import annotations


class GoodpartError(Exception):
    """One sentence: what is wrong and what to do about it. The command line prints it and ends with `exit_code`."""

    exit_code = 2


class UnreadableError(GoodpartError):
    """A file that cannot be read or decoded."""

    exit_code = 3
