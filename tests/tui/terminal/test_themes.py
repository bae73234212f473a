"""Every theme can be read: contrast by WCAG 2 (https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio)."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult
from textual.color import Color
from textual.widgets import DataTable, Input

from core.settings.user_config import THEMES
from tui.terminal.capabilities import TerminalKind
from tui.terminal.paced_app import PacedApp
from tui.terminal.themes import ROLES, theme_of

TEXTS = ("foreground", "label", "ok", "anomaly", "unknown", "trace", "threshold", "key")
BANNERS = ("banner-ok", "banner-anomaly", "banner-unknown", "banner-idle")


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
            for part in Color.parse(colour).normalized
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("name", "least", "large"), [("dark", 4.5, 3.0), ("light", 4.5, 3.0), ("high-contrast", 7.0, 7.0)]
)
def test_everything_can_be_read(name: str, least: float, large: float) -> None:
    theme = theme_of(name, TerminalKind())
    colours = {"background": theme.background, "foreground": theme.foreground, "panel": theme.panel, **theme.variables}
    for text in TEXTS:
        assert contrast(colours[text], colours["background"]) >= least, text
    for text in ("label", "key", "foreground"):
        assert contrast(colours[text], colours["panel"]) >= least, text
    assert contrast(colours["hot"], colours["hot-background"]) >= least
    for banner in BANNERS:
        assert contrast(colours[f"{banner}-text"], colours[banner]) >= large, f"{banner}: large and bold"


@pytest.mark.parametrize("colors", ["none", "16"])
@pytest.mark.parametrize("name", THEMES)
def test_on_few_colours_text_never_has_that_of_its_ground(name: str, colors: str) -> None:
    theme = theme_of(name, TerminalKind(colors=colors))
    assert theme.ansi
    role = {"background": theme.background, "foreground": theme.foreground, "panel": theme.panel, **theme.variables}
    assert all(str(role[name]).startswith("ansi_") and "bright" not in str(role[name]) for name in ROLES)
    for text in TEXTS:
        assert role[text] == "ansi_default" or role[text] != role["background"]
    for ground in ("hot-background", *BANNERS):
        assert role["hot" if ground == "hot-background" else f"{ground}-text"] != role[ground]


class Typing(PacedApp):
    def compose(self) -> ComposeResult:
        yield Input("abc", select_on_focus=False)
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_column("name")
        table.add_rows([["pump"], ["motor"]])


@pytest.mark.parametrize("colors", ["none", "16"])
async def test_cursors_are_seen_on_few_colours(colors: str) -> None:
    app = Typing(TerminalKind("ascii", colors))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        styles = {text: style for strip in app.screen._compositor.render_strips() for text, style, _ in strip}
        assert any(style and style.reverse for text, style in styles.items() if text == " ")
        await pilot.press("tab")
        await pilot.pause()
        shown = {
            text.strip(): (style.reverse, style.color, style.bgcolor)
            for strip in app.screen._compositor.render_strips()
            for text, style, _ in strip
            if style
        }
        assert shown["pump"] != shown["motor"]


def test_auto_is_dark_and_on_few_colours_the_terminals_own() -> None:
    assert theme_of("auto", TerminalKind()).name == "goodpart-dark"
    assert theme_of("auto", TerminalKind(colors="16")).name == "goodpart-ansi"
    assert theme_of("light", TerminalKind(colors="16")).name == "goodpart-light"
