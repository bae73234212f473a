"""A sound file in place of a microphone."""

from __future__ import annotations

import time
from pathlib import Path

from core.errors import UnreadableError
from core.features.sound.wav import Recording, open_recording
from core.sources.microphone.base import SoundSettings
from core.sources.microphone.stream import SoundThread

BLOCK_SECONDS = 0.1
LATE_SECONDS = 1.0
"""Seconds of delay that are caught up; a longer delay is skipped."""
ASKED_WITHIN = 0.2
"""Seconds the state stays `live` after the last block, because its taker asks for the status next."""


class SoundFile(SoundThread):
    """A SoundSource that plays a file in blocks of 0.1 s, in real time or as fast as it is taken."""

    def __init__(self, path: Path, settings: SoundSettings) -> None:
        super().__init__(str(path))
        self._path = path
        self._settings = settings

    def listen(self) -> None:
        """Play the file, again and again if it is looped; then end with a message."""
        end = f"{self.address}: the file has ended"
        try:
            self._play()
            while self._settings.loop and not self.stopping.is_set():
                self.ring.interrupt()
                self._play()
        except UnreadableError as error:
            end = str(error)
        self._wait_until_taken()
        self.tell("ended", end)

    def _play(self) -> None:
        with open_recording(self._path) as recording:
            self._play_blocks(recording)

    def _play_blocks(self, recording: Recording) -> None:
        facts = recording.facts
        size = max(1, round(BLOCK_SECONDS * facts.rate))
        due = time.monotonic()
        for block in recording.blocks(self._settings.channel):
            for start in range(0, len(block), size):
                piece = block[start : start + size]
                # If late by more than LATE_SECONDS, continue from now and do not catch up.
                due = max(due, time.monotonic() - LATE_SECONDS) + len(piece) / facts.rate
                if self._settings.fast:
                    self.ring.wait_for_room(self.stopping.is_set)
                elif self.stopping.wait(max(0.0, due - time.monotonic())):
                    return
                if self.stopping.is_set():
                    return
                self.is_live(self._path.name, facts.rate, facts.channels)
                self.ring.put(piece, facts.rate)

    def _wait_until_taken(self) -> None:
        while self.ring.waiting and not self.stopping.wait(0.05):
            pass
        self.stopping.wait(ASKED_WITHIN)
