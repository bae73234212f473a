"""Pens: the SGR parameters of a cell, and the shortest change from one pen to another."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rich.color import Color, ColorSystem
from rich.style import Style
from textual.strip import Strip

from tui.terminal.capabilities import TerminalKind

_SYSTEMS = {"16": ColorSystem.STANDARD, "256": ColorSystem.EIGHT_BIT, "true": ColorSystem.TRUECOLOR}
_ONLY_REVERSED = "7"
_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "9": "29"}


class Pen(NamedTuple):
    """SGR parameters as they are sent; empty means the terminal's default."""

    attributes: str
    colour: str
    background: str


PLAIN = Pen("", "", "")


def make_pen(style: Style, kind: TerminalKind) -> Pen:
    """Return the pen for a style of Rich, as near as the terminal can show it."""
    attributes = Strip.render_ansi(style.without_color, ColorSystem.TRUECOLOR)
    if not kind.attributes:
        attributes = ";".join(a for a in attributes.split(";") if a == _ONLY_REVERSED)
    system = _SYSTEMS.get(kind.colors)
    colour, background = _parameters(style.color, system, True), _parameters(style.bgcolor, system, False)
    if kind.colors == "16":
        colour, background = _basic(colour, background)
    return Pen(attributes, colour, background)


def _parameters(colour: Color | None, system: ColorSystem | None, foreground: bool) -> str:
    """Return the SGR parameters of a colour; empty for the terminal's default colour."""
    if colour is None or colour.is_default or system is None:
        return ""
    return ";".join(colour.downgrade(system).get_ansi_codes(foreground))


def _basic(colour: str, background: str) -> tuple[str, str]:
    """Replace bright colours, which not every terminal knows, by the eight basic ones; grey becomes white."""

    def folded(code: str) -> int | None:
        if not code:
            return None
        number = int(code)
        return number % 10 if number < 90 else number % 10 or 7

    front, back = folded(colour), folded(background)
    if front is not None and front == back:
        front = 7 if front == 0 else 0
    return "" if front is None else str(30 + front), "" if back is None else str(40 + back)


def blank_pen(pen: Pen) -> Pen:
    """Return the pen of a blank cell: its colour counts only if it is underlined or reversed."""
    return pen if pen.attributes.strip("12;") else Pen("", "", pen.background)


def draws_alike(pen: Pen | None, text: str, wish: Pen) -> bool:
    """Return whether the current pen draws `text` like the pen `wish`; the colour of a blank does not matter."""
    if pen == wish:
        return True
    return (
        pen is not None
        and text == " "
        and not wish.attributes
        and not pen.attributes.strip("12;")
        and pen.background == wish.background
    )


@lru_cache(1024)
def pen_change(pen: Pen | None, wish: Pen) -> str:
    """Return the shortest SGR sequence from one pen to another; from an unknown pen (None) it resets first."""
    reset = ["0", wish.attributes, wish.colour, wish.background]
    if pen is None:
        return _sgr(reset)
    have, want = (set(filter(None, p.attributes.split(";"))) for p in (pen, wish))
    change = sorted({_OFF[a] for a in have - want if a in _OFF})
    # The code that turns bold off also turns dim off, and the other way round.
    change += [a for a in wish.attributes.split(";") if a not in have or _OFF.get(a) in change]
    change += [
        "" if pen.colour == wish.colour else wish.colour or "39",
        "" if pen.background == wish.background else wish.background or "49",
    ]
    shortest = min((_sgr(reset), _sgr(change)), key=len)
    return shortest if have - want <= set(_OFF) else _sgr(reset)


def _sgr(parameters: list[str]) -> str:
    return f"\x1b[{';'.join(filter(None, parameters))}m"
