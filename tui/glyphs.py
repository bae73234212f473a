"""Every character beyond ASCII that the screen draws with, in one place.

All of them are in code page 437, which the Linux console and old terminal fonts have; braille is not.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Glyphs:
    full: str
    """Both halves of a cell."""
    upper: str
    lower: str
    line: str
    """A horizontal line: thresholds and headings."""
    axis: str
    axis_mark: str
    """The axis where a label stands."""
    dot: str
    above: str
    """A value beyond the top of the scale."""
    below: str
    bar: str
    bar_rest: str
    shades: str
    """From dark to bright."""
    ramp: str
    """From dark to bright, ASCII."""
    more: str
    """Stands for what has been cut off."""


GLYPHS = Glyphs(
    full="█",
    upper="▀",
    lower="▄",
    line="─",
    axis="│",
    axis_mark="┤",
    dot="·",
    above="^",
    below="v",
    bar="█",
    bar_rest="░",
    shades=" ░▒▓█",
    ramp=" .:-=+*#%@",
    more="~",
)
