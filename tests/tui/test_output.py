"""What goes down the line is the difference, and it is enough."""

from __future__ import annotations

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tui.output import Cells

WIDTH, HEIGHT = 24, 4
STYLES = [
    None,
    Style.parse("bold red on black"),
    Style.parse("#c8d0d8 on #0d1117"),
    Style.parse("#3fb950 on #0d1117"),
    Style.parse("underline #c8d0d8"),
    Style.parse("reverse"),
    Style.parse("bold #ffffff on #b62324"),
]
texts = st.text(alphabet="ab.─█ 7", min_size=0, max_size=9)
rows = st.lists(st.tuples(texts, st.sampled_from(STYLES)), max_size=5)
screens = st.lists(rows, min_size=HEIGHT, max_size=HEIGHT)


def whole(lines: list[list[tuple[str, Style | None]]]) -> LayoutUpdate:
    strips = [[Strip([Segment(t, s) for t, s in line]).adjust_cell_length(WIDTH)] for line in lines]
    return LayoutUpdate(strips, Region(0, 0, WIDTH, HEIGHT))


def look(screen: pyte.Screen) -> list[list[tuple[object, ...]]]:
    """What a person sees: the colour of a plain blank is not seen."""

    def cell(char: pyte.screens.Char) -> tuple[object, ...]:
        seen = (char.data, char.bg, char.bold, char.underscore, char.reverse, char.fg)
        plain = char.data == " " and not char.underscore and not char.reverse
        return (char.data, char.bg) if plain else seen

    return [[cell(screen.buffer[y][x]) for x in range(WIDTH)] for y in range(HEIGHT)]


def terminal() -> tuple[pyte.Screen, pyte.Stream]:
    screen = pyte.Screen(WIDTH, HEIGHT)
    screen.reset_mode(pyte.modes.DECAWM)
    return screen, pyte.Stream(screen)


@settings(max_examples=60, deadline=None)
@given(st.lists(screens, min_size=1, max_size=4), st.integers(10, 400))
def test_differences_draw_what_a_whole_repaint_draws(history: list[list[list[tuple[str, Style]]]], budget: int) -> None:
    cells, (by_difference, stream) = Cells(), terminal()
    for lines in history:
        cells.apply(whole(lines))
        stream.feed(cells.changes(budget)[0])
    while True:
        frame, more = cells.changes(budget)
        stream.feed(frame)
        if not more:
            break
    fresh, (repainted, other) = Cells(), terminal()
    fresh.apply(whole(history[-1]))
    other.feed(fresh.changes(1 << 20)[0])
    assert look(by_difference) == look(repainted)


def drawn(*lines: str) -> LayoutUpdate:
    return whole([[(line, STYLES[2])] for line in lines] + [[]] * (HEIGHT - len(lines)))


def test_one_changed_digit_costs_a_position_a_pen_and_a_digit() -> None:
    cells = Cells()
    cells.apply(drawn("density -3.21"))
    cells.changes(1 << 20)
    cells.apply(drawn("density -3.27"))
    frame, _ = cells.changes(1 << 20)
    assert frame.startswith("\x1b[1;13H") and frame.endswith("m7")
    assert len(frame) < 50


def test_nothing_changed_sends_nothing() -> None:
    cells = Cells()
    cells.apply(drawn("density -3.21"))
    cells.changes(1 << 20)
    cells.apply(drawn("density -3.21"))
    assert cells.changes(1 << 20) == ("", False)


def test_a_redraw_sends_everything_again() -> None:
    cells = Cells()
    cells.apply(drawn("density -3.21"))
    first, _ = cells.changes(1 << 20)
    cells.forget()
    assert cells.changes(1 << 20)[0] == first


def test_on_a_small_budget_rows_take_turns() -> None:
    cells = Cells()
    cells.apply(drawn("a", "b", "c", "d"))
    seen = ""
    for turn in range(HEIGHT):
        # The first row changes all the time; the last one is drawn all the same.
        cells.apply(drawn(str(turn), "b", "c", "d"))
        seen += cells.changes(1)[0]
    assert all(letter in seen for letter in "bcd")


def test_control_characters_in_a_name_never_reach_the_terminal() -> None:
    cells = Cells()
    cells.apply(drawn("cam\x1b[2Jera\x07"))
    frame, _ = cells.changes(1 << 20)
    assert "\x1b[2J" not in frame and "\x07" not in frame
    assert "cam?[2Jera?" in frame


def test_wide_characters_keep_their_two_columns() -> None:
    cells, (screen, stream) = Cells(), terminal()
    cells.apply(drawn("x部y"))
    stream.feed(cells.changes(1 << 20)[0])
    cells.apply(drawn("x部z"))
    stream.feed(cells.changes(1 << 20)[0])
    assert screen.display[0].rstrip() == "x部z"
