"""Argument types of the command line: numbers with limits, and days.

Each function converts the text of one argument and raises argparse.ArgumentTypeError if it is invalid.
"""

from __future__ import annotations

import argparse
import datetime

from core.settings.user_config import FASTEST, SLOWEST


def rate(text: str) -> float:
    """A share of false alarms, 0.0001 to 0.5."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0001 <= value <= 0.5:
        raise argparse.ArgumentTypeError(f"{text} is not a share between 0.0001 and 0.5 (0.05 is 5 %)")
    return value


def positive(text: str) -> int:
    """A whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number above 0")
    return int(text)


def duration(text: str) -> float:
    """A time in seconds, above 0."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0")
    return value


def between(low: float, high: float, text: str) -> float:
    """A number from `low` to `high`, both included."""
    try:
        value = float(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text} is not a number between {low:g} and {high:g}")
    return value


def day(text: str) -> datetime.date:
    """A date: YYYY-MM-DD, today or yesterday."""
    today = datetime.date.today()
    if text in ("today", "yesterday"):
        return today - datetime.timedelta(text == "yesterday")
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a day: YYYY-MM-DD, today or yesterday") from None


def hertz(text: str) -> float:
    """A refresh rate in Hz, within the limits of config.toml."""
    return between(SLOWEST, FASTEST, text)


def whole(low: int, high: int, text: str) -> int:
    """A whole number from `low` to `high`, both included."""
    if not text.isdecimal() or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number between {low} and {high}")
    return int(text)
