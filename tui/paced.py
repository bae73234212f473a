"""An app that draws only as fast as its terminal takes it."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING, Any

from rich.color import ColorSystem
from rich.console import RenderableType
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import CompositorUpdate
from textual.driver import Driver
from textual.screen import Screen

from tui.orderly import OrderlyApp
from tui.output import Cells

if TYPE_CHECKING:
    from tui.terminal import TerminalDriver

_SHORTEST_FRAME = 0.08
"""Seconds between frames at the least, however fast keys are pressed."""
_LOOK_AGAIN = 0.04
"""Seconds until a busy line is looked at again."""


class PacedApp(OrderlyApp, inherit_bindings=False):
    """Textual's updates go through `Cells`; a frame is written when the line is free, and holds what differs then."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self) -> None:
        super().__init__()
        self.animation_level = "none"
        self._cells: Cells | None = None
        self._next_frame = 0.0
        self._look_again: asyncio.TimerHandle | None = None

    def get_driver_class(self) -> type[Driver]:
        chosen = super().get_driver_class()
        if sys.platform != "win32" and chosen.__name__ == "LinuxDriver":
            from tui.terminal import TerminalDriver

            return TerminalDriver
        return chosen

    @property
    def terminal(self) -> TerminalDriver | None:
        """The driver, when it is one that knows its line (not in tests without a terminal, not in a browser)."""
        driver = self._driver
        if driver is None or not hasattr(driver, "line"):
            return None
        terminal: TerminalDriver = driver  # type: ignore[assignment]
        return terminal

    def action_redraw(self) -> None:
        """Everything again: what the terminal shows may have been disturbed."""
        if self._cells is not None:
            self._cells.forget()
            self._draw()

    def on_resize(self) -> None:
        # Terminals move what they show when they change size.
        self.action_redraw()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        terminal = self.terminal
        if terminal is None or not isinstance(renderable, CompositorUpdate):
            super()._display(screen, renderable)
            return
        if not self._batch_count and self._running and not self._closed:
            if self._cells is None:
                self._cells = Cells(self.console._color_system or ColorSystem.TRUECOLOR)
                terminal.on_cleared = self.action_redraw
            self._cells.apply(renderable)
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

    def _send(self, terminal: TerminalDriver, cells: Cells, now: float) -> None:
        frame, more = cells.changes(terminal.line.budget)
        if frame:
            if self._sync_available:
                frame = f"{SYNC_START}{frame}{SYNC_END}"
            terminal.send_frame(frame)
            self._next_frame = now + _SHORTEST_FRAME
        if more:
            self._later(_LOOK_AGAIN)

    def _later(self, seconds: float) -> None:
        self._look_again = asyncio.get_running_loop().call_later(seconds, self._draw_when_free)
