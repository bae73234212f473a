"""An app that draws only as fast as its terminal can follow, and only with characters and colours that it has."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING, Any

from rich.color import ColorSystem
from rich.console import RenderableType
from rich.segment import Segment
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import CompositorUpdate
from textual.color import Color
from textual.driver import Driver
from textual.events import Event, Key, Paste
from textual.filter import ANSIToTruecolor, LineFilter, NoColor
from textual.screen import Screen

from tui.terminal import glyphs
from tui.terminal.capabilities import Repertoire, TerminalKind
from tui.terminal.cell_buffer import CellBuffer, byte_length
from tui.terminal.key_queue import KeyQueueApp
from tui.terminal.refresh_rate import RefreshRate
from tui.terminal.themes import theme_of

if TYPE_CHECKING:
    from tui.terminal.driver import TerminalDriver

_SHORTEST_FRAME = 0.08
"""Seconds between two frames at least, however fast keys are pressed."""
_LOOK_AGAIN = 0.02
"""Seconds until a busy line is checked again."""
_SYNC_FROM = 400
"""Characters from which on a frame is sent as a synchronized update, whose marks take sixteen characters."""
_SYSTEMS = {
    "none": None,
    "16": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "true": ColorSystem.TRUECOLOR,
}


_URGENT_SECONDS = 1.0
"""Seconds after a key in which a change of the screen counts as the answer to it."""
_TITLE_SECONDS = 1.0
"""Seconds between two titles of the window at least."""


class Spelling(LineFilter):
    """Rewrites everything that a widget draws in characters that the terminal has."""

    def __init__(self, repertoire: Repertoire) -> None:
        super().__init__()
        self._repertoire = repertoire

    def apply(self, segments: list[Segment], _background: Color) -> list[Segment]:
        """Return the segments with their texts rewritten at the same width."""
        return [
            segment if segment.text.isascii() else segment._replace(text=glyphs.spelled(segment.text, self._repertoire))
            for segment in segments
        ]


class PacedApp(KeyQueueApp, inherit_bindings=False):
    """Passes Textual's updates through `CellBuffer`: whenever the line is free, a frame with the current difference is
    sent.

    `kind` holds the terminal's capabilities (tui.terminal.capabilities), `theme` is one of
    core.settings.user_config.THEMES, `refresh` is how often the screen may change, in Hz. Screens draw with
    `tui.terminal.glyphs.GLYPHS` and the variables of tui.terminal.themes.ROLES, and show `terminal_words` in their
    footer; this class does the rest. `pacer.period` is the time until the next change: code that changes the screen
    without a key calls `pacer.due(time.monotonic(), self.all_out)` first.
    """

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, kind: TerminalKind | None = None, theme: str = "auto", refresh: float = 5.0) -> None:
        self.kind = kind or TerminalKind()
        self._told_kind = kind is not None
        glyphs.choose_glyphs(self.kind)
        chosen = theme_of(theme, self.kind)
        super().__init__(ansi_color=chosen.ansi)
        self.animation_level = "none"
        # Textual would decide from NO_COLOR alone and keep shades of grey.
        self.no_color = self.kind.colors == "none"
        self._filters = [line_filter for line_filter in self._filters if isinstance(line_filter, ANSIToTruecolor)]
        if self.no_color:
            self._filters.append(NoColor())
        if self.kind.repertoire != "full":
            self._filters.append(Spelling(self.kind.repertoire))
        self.console._color_system = _SYSTEMS[self.kind.colors]
        self.register_theme(chosen)
        self.theme = chosen.name
        self._refresh_wanted = refresh
        self.pacer = RefreshRate(refresh)
        self._cells: CellBuffer | None = None
        self._next_frame = 0.0
        self._look_again: asyncio.TimerHandle | None = None
        self._urgent_until = 0.0
        self._titled_at = float("-inf")

    @property
    def terminal_words(self) -> str:
        """Text for the footer: the rate on a slow line and the terminal's kind, `slow line: 1 Hz  256 ascii`."""
        kind = self.kind.words if self._told_kind else ""
        return "  ".join(filter(None, (self.pacer.words, kind)))

    @property
    def all_out(self) -> bool:
        """Whether the terminal shows the newest state of the screen."""
        terminal = self.terminal
        return terminal is None or self._cells is None or (self._cells.drawn and terminal.free())

    def title_window(self, text: str) -> None:
        """Set the window's title, at most once per second and not on a slow line. The caller repeats the call."""
        terminal, now = self.terminal, time.monotonic()
        if self.pacer.words:
            return
        if terminal is not None and now - self._titled_at >= _TITLE_SECONDS and self._running and not self._exit:
            self._titled_at = now
            terminal.title(text)

    async def on_event(self, event: Event) -> None:
        """Mark the changes after a key or a paste as urgent, and handle the event."""
        if isinstance(event, Key | Paste):
            self._urgent_until = time.monotonic() + _URGENT_SECONDS
        await super().on_event(event)

    def get_driver_class(self) -> type[Driver]:
        """Return `TerminalDriver` in place of Textual's driver for Linux."""
        chosen = super().get_driver_class()
        if sys.platform != "win32" and chosen.__name__ == "LinuxDriver":
            from tui.terminal.driver import TerminalDriver

            return TerminalDriver
        return chosen

    @property
    def terminal(self) -> TerminalDriver | None:
        """The driver if it has flow control; None in tests without a terminal and in a browser."""
        driver = self._driver
        if driver is None or not hasattr(driver, "line"):
            return None
        terminal: TerminalDriver = driver  # type: ignore[assignment]
        return terminal

    def action_redraw(self) -> None:
        """Repaint the whole screen; its contents may have been overwritten."""
        if self._cells is not None:
            self._cells.forget()
            self._draw()

    def on_resize(self) -> None:
        """Repaint the whole screen: terminals move their contents if their size changes."""
        self.action_redraw()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        terminal = self.terminal
        if terminal is None or not isinstance(renderable, CompositorUpdate):
            super()._display(screen, renderable)
            return
        if not self._batch_count and self._running and not self._closed:
            if self._cells is None:
                self._cells = CellBuffer(self.kind)
                self.pacer = RefreshRate(self._refresh_wanted, terminal.told_speed)
                terminal.on_cleared = self.action_redraw
                terminal.on_answer = self._answered
            self._cells.apply(renderable, time.monotonic() < self._urgent_until, _answer_row(screen))
            self._draw()
        self.post_display_hook()

    def _draw(self) -> None:
        if self._look_again is None:
            self._draw_when_free()

    def _draw_when_free(self) -> None:
        self._look_again = None
        terminal = self.terminal
        if terminal is None or self._cells is None or not self._running or self._exit:
            return
        now = time.monotonic()
        if now < self._next_frame:
            self._later(self._next_frame - now)
        elif not terminal.free():
            self._later(_LOOK_AGAIN)
        else:
            self._send(terminal, self._cells, now)

    def _send(self, terminal: TerminalDriver, cells: CellBuffer, now: float) -> None:
        frame, more = cells.changes(terminal.line.budget)
        if frame:
            if self._sync_available and len(frame) > _SYNC_FROM:
                frame = f"{SYNC_START}{frame}{SYNC_END}"
            terminal.send_frame(frame)
            self._next_frame = now + (_SHORTEST_FRAME if byte_length(frame) < terminal.line.budget else 0.0)
        if more:
            self._later(_LOOK_AGAIN)

    def _answered(self) -> None:
        """Draw the next frame, called on the input's thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._draw_now)

    def _draw_now(self) -> None:
        if self._look_again is not None:
            self._look_again.cancel()
            self._draw_when_free()

    def _later(self, seconds: float) -> None:
        self._look_again = asyncio.get_running_loop().call_later(seconds, self._draw_when_free)


def _answer_row(screen: Screen[Any]) -> int | None:
    """Return the row of the widget with the id `notice`, in which the answer to a key appears first."""
    notices = screen.query("#notice")
    return notices.first().region.y if notices else None
