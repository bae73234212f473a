"""The board's twin in Python, for where no C++ compiler is: its frames, filter, time-outs (firmware/lib/benchlink).

`python -m core.knobs.firmware_twin` behaves like firmware/host/board.cpp.
"""

from __future__ import annotations

import os
import random
import select
import sys
import time
from collections.abc import Callable
from pathlib import Path

from core.knobs.protocol import (
    FULL_TURN,
    Answer,
    Heartbeat,
    Lines,
    Placed,
    Reading,
    ToldVerdict,
    format_answer,
    format_heartbeat,
    format_placed,
    format_reading,
    parse,
)
from core.state.verdict import Which

SAMPLES, DEADBAND, TURN, END = 64, 6, 24, 3
VERDICT_MS, EVERY_MS, CHANGE_MS = 3000, 1000, 40
FIRMWARE = "1.0.0"
LONGEST_LINE = 96
"""Of the board's own buffer."""
KNOBS: tuple[Which, ...] = ("density", "reconstruction_error")


class Filter:
    """See firmware/lib/benchlink/src/filter.h: equal to the last bit."""

    def __init__(self) -> None:
        self._samples: list[int] = []
        self._average = 0
        self.value = 0
        self.started = False

    def add(self, sample: int) -> bool:
        """One sample, 0..4095. True when a block is whole."""
        self._samples.append(min(sample, FULL_TURN))
        if len(self._samples) < SAMPLES:
            return False
        mean = sum(sorted(self._samples)[SAMPLES // 4 : SAMPLES * 3 // 4]) * 8
        self._samples.clear()
        if not self.started or abs(mean - self._average) > TURN * 256:
            self._average = mean
        else:
            self._average += (mean - self._average) >> 3
        now = (self._average + 128) >> 8
        if now <= END:
            self.value = 0
        elif now >= FULL_TURN - END:
            self.value = FULL_TURN
        elif not self.started or abs(now - self.value) > DEADBAND:
            self.value = now
        self.started = True
        return True


class Board:
    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send
        self.filters: dict[Which, Filter] = {which: Filter() for which in KNOBS}
        self._sent: dict[Which, tuple[int, int]] = {}
        self._lines = Lines()
        self._sequence = self._seconds = 0
        self._beat_at: int | None = None
        self._verdict: ToldVerdict | None = None
        self._verdict_at = 0

    @property
    def state(self) -> str:
        return self._verdict.state if self._verdict else "NO LINK"

    @property
    def relay(self) -> bool:
        return self.state == "OK"

    def receive(self, data: bytes, now: int) -> None:
        for line in self._lines.feed(data):
            frame = parse(line) if line and len(line) <= LONGEST_LINE else None
            if isinstance(frame, ToldVerdict):
                self._verdict, self._verdict_at = frame, now
                self._send(format_answer(Answer(frame.sequence)))

    def tick(self, now: int) -> None:
        if now - self._verdict_at >= VERDICT_MS:
            self._verdict = None
        for which in KNOBS:
            self._report(which, now)
        if self._beat_at is None or now - self._beat_at >= EVERY_MS:
            self._seconds += self._beat_at is not None
            self._beat_at = now
            self._send(format_heartbeat(Heartbeat(FIRMWARE, self._seconds, "poweron")))

    def part(self, now: int) -> None:
        """The button was pressed: a part is in place."""
        self._sequence += 1
        self._send(format_placed(Placed(self._sequence, now)))

    def _report(self, which: Which, now: int) -> None:
        filtered = self.filters[which]
        if not filtered.started:
            return
        position = filtered.value
        sent, at = self._sent.get(which, (-1, -EVERY_MS))
        turned = position != sent and now - at >= CHANGE_MS
        if not turned and now - at < EVERY_MS:
            return
        self._sent[which] = position, now
        self._sequence += 1
        value = float(position) if which == "density" else position / 10_000
        self._send(format_reading(Reading(which, value, self._sequence, now, 154 + position * 2263 // FULL_TURN)))


def main(words: list[str]) -> int:
    import termios
    import tty

    link = words[words.index("--link") + 1] if "--link" in words else ""
    at: dict[Which, int] = {"density": 2765, "reconstruction_error": 1632}
    for which, option in (("density", "--density"), ("reconstruction_error", "--error")):
        if option in words:
            at[which] = int(words[words.index(option) + 1])  # type: ignore[index]
    master, slave = os.openpty()
    os.set_blocking(master, False)
    tty.setraw(slave, termios.TCSANOW)
    name = os.ttyname(slave)
    if link:
        Path(link).unlink(missing_ok=True)
        Path(link).symlink_to(name)
    print(f"port {link or name}", flush=True)
    hung = False

    def send(line: str) -> None:
        try:
            if not hung:
                os.write(master, f"{line}\r\n".encode("ascii"))
        except BlockingIOError:
            return  # where nobody reads, the line is lost, as on a wire

    board, noise = Board(send), random.Random()
    began, sampled, turn_at, typed = time.monotonic(), -1000, 8000, b""
    shown = ("", True)
    while True:
        ready, _, _ = select.select([0, master], [], [], 0.02)
        now = round(1000 * (time.monotonic() - began))
        if 0 in ready:
            got = os.read(0, 256)
            if not got:
                break
            *whole, typed = (typed + got).split(b"\n")
            for command in whole:
                said = command.decode("latin-1").split()
                if said[:1] == ["turn"] and len(said) == 3 and said[2].isdecimal():
                    at["density" if said[1] == "34" else "reconstruction_error"] = min(FULL_TURN, int(said[2]))
                if said == ["part"]:
                    board.part(now)
                hung = hung or said == ["hang"]
            if b"quit" in whole:
                break
        if master in ready:
            data = os.read(master, 4096)
            if not hung:
                board.receive(data, now)
        if "--play" in words and now >= turn_at:
            which = noise.choice(KNOBS)
            at[which] = max(100, min(3995, at[which] + noise.randint(-16, 16)))
            turn_at += 20 if now < turn_at + 1000 else 7000
        if now - sampled >= 50:
            sampled = now
            for which in KNOBS:
                for _ in range(SAMPLES):
                    spike = noise.choice((-400, 400)) if noise.random() < 0.02 else 0
                    board.filters[which].add(max(0, round(at[which] + noise.gauss(0, 12) + spike)))
        board.tick(now)
        if (board.state, board.relay) != shown:
            shown = board.state, board.relay
            print(f"lamp {board.state}\nrelay {'on' if board.relay else 'off'}", flush=True)
    if link:
        Path(link).unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
