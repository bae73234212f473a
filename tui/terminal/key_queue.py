"""An app that handles one key after the other, however fast they are typed or pasted."""

from __future__ import annotations

from collections import deque

from textual import events
from textual.app import App
from textual.message import Message
from textual.timer import Timer

from tui.view.keymap import ALWAYS_QUITS

ROUNDS = 2
"""A key goes from the focused widget up to the app, where it may do something; what that posts (a submitted field,
another screen) goes up once more."""
PATIENCE = 1.5
"""Seconds after which a widget that has gone is not waited for any more."""
MOST_WAITING = 500


class KeyHandled(Message):
    """Follows a key on its way up: where it arrives, the key has arrived before."""


class KeyQueueApp(App[None], inherit_bindings=False):
    """Textual forwards every key at once to what has the focus just then. Enter, which moves the focus, takes a longer
    way: letters typed right after it would still come to the old field. So the next key waits until the one before
    has had its effect."""

    def __init__(self, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._typed: deque[events.Key] = deque(maxlen=MOST_WAITING)
        self._handling = False
        self._rounds = 0
        self._patience: Timer | None = None

    async def on_event(self, event: events.Event) -> None:
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

    async def on_key_handled(self, message: KeyHandled) -> None:
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
