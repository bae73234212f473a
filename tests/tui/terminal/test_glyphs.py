"""Whatever reaches the screen is spelled with what the terminal has, at the same width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.terminal.capabilities import TerminalKind
from tui.terminal.glyphs import ASCII, FULL, GLYPHS, choose_glyphs, spelled


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_ascii_keeps_the_columns_of_what_people_write(text: str) -> None:
    shown = spelled(text, "ascii")
    assert shown.isascii()
    if all(character.isascii() or cell_len(character) == len(spelled(character, "ascii")) for character in text):
        assert cell_len(shown) == sum(map(cell_len, text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Gehäuse-Nº7", "Gehause-No7"),
        ("naïve façade", "naive facade"),
        ("e\u0301tat", "etat"),
        ("部品.png", "????.png"),
        ("─│┤·█▀▄░", "-|+.#'=."),
        ("20 °C ± 3 µm …", "20 oC ~ 3 um ~"),
        ("шестерня", "????????"),
        ("🙂", "??"),
    ],
)
def test_in_ascii(text: str, shown: str) -> None:
    assert spelled(text, "ascii") == shown
    assert cell_len(shown) == cell_len(text)


def test_the_linux_console_has_code_page_437() -> None:
    assert spelled("Gehäuse ─│┤·█▀▄░▒▓ Ω", "console") == "Gehäuse ─│┤·█▀▄░▒▓ Ω"
    assert spelled("⣿▊▔▗ … 部", "console") == "?#-? ~ ??"
    assert spelled("⣿ 部", "full") == "⣿ 部"


def test_both_sets_have_every_glyph_in_one_column() -> None:
    for name, text in vars(FULL).items():
        other = getattr(ASCII, name)
        assert other.isascii()
        assert spelled(text, "console") == text, "the full set is in the console's font"
        if name not in ("shades", "ramp", "called"):
            assert len(text) == len(other) == 1


def test_where_colour_cannot_say_it_a_called_sample_has_a_glyph_of_its_own() -> None:
    choose_glyphs(TerminalKind())
    assert GLYPHS == FULL and not GLYPHS.called
    choose_glyphs(TerminalKind(colors="none"))
    assert GLYPHS.full == FULL.full and GLYPHS.called == ASCII.called
    choose_glyphs(TerminalKind("ascii"))
    assert GLYPHS == ASCII
