"""An app that handles keys one after the other, however fast they are typed or pasted."""

from __future__ import annotations

from collections import deque

from textual import events
from textual.app import App
from textual.message import Message
from textual.timer import Timer

from tui.view.keymap import ALWAYS_QUITS

ROUNDS = 2
"""Trips from the focused widget up to the app that a key needs: the first for the key itself, the second for the
messages that it causes (a submitted field, another screen)."""
PATIENCE = 1.5
"""Seconds to wait for a widget, which may be gone."""
MOST_WAITING = 500
"""Keys that wait at most; beyond that the oldest are dropped."""


class KeyHandled(Message):
    """Follows a key from the focused widget up to the app: when it arrives, the key has been handled."""


class KeyQueueApp(App[None], inherit_bindings=False):
    """Handles a key only after the key before has had its effect.

    Textual forwards every key at once to the widget that has the focus. Enter moves the focus later, by a message, so
    that letters typed right after it would still reach the old field."""

    def __init__(self, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._typed: deque[events.Key] = deque(maxlen=MOST_WAITING)
        self._handling = False
        self._rounds = 0
        self._patience: Timer | None = None

    async def on_event(self, event: events.Event) -> None:
        """Handle an event; a key waits for the one before it. The key that always quits never waits."""
        if not isinstance(event, events.Key) or event.is_forwarded or event.key == ALWAYS_QUITS:
            await super().on_event(event)
        elif self._handling:
            self._typed.append(event)
        else:
            await self._handle(event)

    async def _handle(self, key: events.Key) -> None:
        self._handling = True
        await super().on_event(key)
        self._rounds = ROUNDS
        self._follow()

    def _follow(self) -> None:
        self._patience = self.set_timer(PATIENCE, self._next)
        (self.focused or self.screen).post_message(KeyHandled())

    async def on_key_handled(self, _message: KeyHandled) -> None:
        """Handle the next key after `ROUNDS` trips."""
        if self._patience is not None:
            self._patience.stop()
        self._rounds -= 1
        if self._rounds > 0:
            self._follow()
        else:
            await self._next()

    async def _next(self) -> None:
        self._handling = False
        if self._typed:
            await self._handle(self._typed.popleft())
