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

from tui.terminal.capabilities import TerminalKind
from tui.terminal.cell_buffer import CellBuffer

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
    cells, (by_difference, stream) = CellBuffer(), terminal()
    for lines in history:
        cells.apply(whole(lines))
        stream.feed(cells.changes(budget)[0])
    while True:
        frame, more = cells.changes(budget)
        stream.feed(frame)
        if not more:
            break
    fresh, (repainted, other) = CellBuffer(), terminal()
    fresh.apply(whole(history[-1]))
    other.feed(fresh.changes(1 << 20)[0])
    assert look(by_difference) == look(repainted)


def drawn(*lines: str) -> LayoutUpdate:
    return whole([[(line, STYLES[2])] for line in lines] + [[]] * (HEIGHT - len(lines)))


def test_one_changed_digit_costs_a_position_a_pen_and_a_digit() -> None:
    cells = CellBuffer()
    cells.apply(drawn("density -3.21"))
    cells.changes(1 << 20)
    cells.apply(drawn("density -3.27"))
    frame, _ = cells.changes(1 << 20)
    assert frame.startswith("\x1b[1;13H") and frame.endswith("m7")
    assert len(frame) < 50


def test_nothing_changed_sends_nothing() -> None:
    cells = CellBuffer()
    cells.apply(drawn("density -3.21"))
    cells.changes(1 << 20)
    cells.apply(drawn("density -3.21"))
    assert cells.changes(1 << 20) == ("", False)


def test_a_redraw_sends_everything_again() -> None:
    cells = CellBuffer()
    cells.apply(drawn("density -3.21"))
    first, _ = cells.changes(1 << 20)
    cells.forget()
    assert cells.changes(1 << 20)[0] == first


def test_on_a_small_budget_rows_take_turns() -> None:
    cells = CellBuffer()
    cells.apply(drawn("a", "b", "c", "d"))
    seen = ""
    for turn in range(WIDTH * HEIGHT):
        # The first row changes all the time; the last one is drawn all the same.
        cells.apply(drawn(str(turn % 10), "b", "c", "d"))
        seen += cells.changes(1)[0]
    assert all(letter in seen for letter in "bcd")


def test_a_long_row_is_broken_off_and_gone_on_with() -> None:
    cells, (screen, stream) = CellBuffer(), terminal()
    cells.apply(drawn("abcdefghijklmnopqrstuvwx"))
    frame, more = cells.changes(20)
    assert more and len(frame) < 60
    while more:
        stream.feed(frame)
        frame, more = cells.changes(20)
    stream.feed(frame)
    assert screen.display[0] == "abcdefghijklmnopqrstuvwx"
    assert cells.drawn


def test_a_budget_is_of_bytes_not_of_characters() -> None:
    cells = CellBuffer()
    cells.apply(whole([[("░▒▓█" * 6, None)]] * HEIGHT))
    frame, more = cells.changes(40)
    # A shade takes three bytes; a piece is at most a place, a pen and a shade beyond.
    assert more and 40 <= len(frame.encode()) <= 60


def test_the_answer_to_a_key_goes_before_what_waits() -> None:
    cells = CellBuffer()
    cells.apply(drawn("a", "b", "c", "d"))
    cells.changes(1 << 20)
    cells.apply(drawn("aaaaaaaaaa", "bbbbbbbbbb", "c", "d"))
    update = drawn("aaaaaaaaaa", "bbbbbbbbbb", "c", "key")
    cells.apply(LayoutUpdate(update.strips[3:], Region(0, 3, WIDTH, 1)), urgent=True)
    frame, more = cells.changes(4)
    assert more and frame.startswith("\x1b[4;1H") and "k" in frame


def test_a_digit_that_a_key_changed_goes_before_the_banner() -> None:
    cells = CellBuffer()
    cells.apply(drawn("OK", "", "", "threshold -4.10"))
    cells.changes(1 << 20)
    cells.apply(drawn("ANOMALY ANOMALY ANOMALY", "", "", "threshold -4.15"), urgent=True)
    assert cells.changes(4)[0].startswith("\x1b[4;15H")


def test_the_pen_stays_in_hand_from_frame_to_frame() -> None:
    cells = CellBuffer()
    cells.apply(drawn("density -3.21"))
    cells.changes(1 << 20)
    cells.apply(drawn("density -3.27"))
    cells.changes(1 << 20)
    cells.apply(drawn("density -3.29"))
    assert cells.changes(1 << 20)[0] == "\x1b[1;13H9"


def sgr(kind: TerminalKind, style: Style) -> str:
    cells = CellBuffer(kind)
    cells.apply(whole([[("x", style)], [], [], []]))
    frame, _ = cells.changes(1 << 20)
    return frame[: frame.index("m") + 1].rpartition("[")[2]


BRIGHT = Style.parse("bold bright_red on bright_black")


def test_colours_are_those_that_the_terminal_has() -> None:
    assert sgr(TerminalKind(colors="256"), Style.parse("#3fb950 on #0d1117")).startswith("0;38;5;")
    assert sgr(TerminalKind(colors="16"), BRIGHT) == "0;1;31;47m", "the eight basic ones; grey is white"
    assert sgr(TerminalKind(colors="16", attributes=False), BRIGHT) == "0;31;47m"
    assert sgr(TerminalKind(colors="16"), Style.parse("bright_black on white")) == "0;30;47m", "never white on white"
    assert sgr(TerminalKind(colors="none"), BRIGHT) == "0;1m"
    assert sgr(TerminalKind(colors="none"), Style.parse("reverse red")) == "0;7m"


def test_control_characters_in_a_name_never_reach_the_terminal() -> None:
    cells = CellBuffer()
    cells.apply(drawn("cam\x1b[2Jera\x07"))
    frame, _ = cells.changes(1 << 20)
    assert "\x1b[2J" not in frame and "\x07" not in frame
    assert "cam?[2Jera?" in frame


def test_wide_characters_keep_their_two_columns() -> None:
    cells, (screen, stream) = CellBuffer(), terminal()
    cells.apply(drawn("x部y"))
    stream.feed(cells.changes(1 << 20)[0])
    cells.apply(drawn("x部z"))
    stream.feed(cells.changes(1 << 20)[0])
    assert screen.display[0].rstrip() == "x部z"
