"""The board's logic in Python, used if there is no C++ compiler: frames, filter, time-outs (firmware/lib/benchlink).

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
"""Samples per block; counts: change that is ignored, jump that resets the average, distance that snaps to an end."""
VERDICT_MS, EVERY_MS, CHANGE_MS, SAMPLE_MS = 3000, 1000, 40, 50
"""Milliseconds: a verdict expires, knobs and heartbeat are repeated, least gap between two changed readings, one block
of samples."""
FIRMWARE = "1.0.0"
LONGEST_LINE = 96
"""Bytes that fit into the board's line buffer."""
KNOBS: tuple[Which, ...] = ("density", "reconstruction_error")


class Filter:
    """Smooths one potentiometer; the result equals firmware/lib/benchlink/src/filter.h bit for bit."""

    def __init__(self) -> None:
        self._samples: list[int] = []
        self._average = 0
        self.value = 0
        self.started = False

    def add(self, sample: int) -> bool:
        """Take one sample, 0..4095; True if it completes a block of 64 and `value` was updated."""
        self._samples.append(min(sample, FULL_TURN))
        if len(self._samples) < SAMPLES:
            return False
        mean = sum(sorted(self._samples)[SAMPLES // 4 : SAMPLES * 3 // 4]) * 8
        self._samples.clear()
        if not self.started or abs(mean - self._average) > TURN * 256:
            self._average = mean
        else:
            self._average += (mean - self._average) >> 3
        rounded = (self._average + 128) >> 8
        if rounded <= END:
            self.value = 0
        elif rounded >= FULL_TURN - END:
            self.value = FULL_TURN
        elif not self.started or abs(rounded - self.value) > DEADBAND:
            self.value = rounded
        self.started = True
        return True


class Board:
    """The board's state. `send` gets every line without its end; all times are milliseconds of the board's clock."""

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
        """The verdict that the lamp shows, or `NO LINK` if none came for 3 s."""
        return self._verdict.state if self._verdict else "NO LINK"

    @property
    def relay(self) -> bool:
        """Whether the relay is closed: only while the verdict is OK."""
        return self.state == "OK"

    def receive(self, data: bytes, now: int) -> None:
        """Take bytes from the link; answer every verdict in them."""
        for line in self._lines.feed(data):
            frame = parse(line) if line and len(line) <= LONGEST_LINE else None
            if isinstance(frame, ToldVerdict):
                self._verdict, self._verdict_at = frame, now
                self._send(format_answer(Answer(frame.sequence)))

    def tick(self, now: int) -> None:
        """Drop a verdict that is too old; send the knobs and the heartbeat that are due."""
        if now - self._verdict_at >= VERDICT_MS:
            self._verdict = None
        for which in KNOBS:
            self._report(which, now)
        if self._beat_at is None or now - self._beat_at >= EVERY_MS:
            self._seconds += self._beat_at is not None
            self._beat_at = now
            self._send(format_heartbeat(Heartbeat(FIRMWARE, self._seconds, "poweron")))

    def part(self, now: int) -> None:
        """Report the button: a part is in place."""
        self._sequence += 1
        self._send(format_placed(Placed(self._sequence, now)))

    def _report(self, which: Which, now: int) -> None:
        filtered = self.filters[which]
        if not filtered.started:
            return
        position = filtered.value
        sent, sent_at = self._sent.get(which, (-1, -EVERY_MS))
        turned = position != sent and now - sent_at >= CHANGE_MS
        if not turned and now - sent_at < EVERY_MS:
            return
        self._sent[which] = position, now
        self._sequence += 1
        value = float(position) if which == "density" else position / 10_000
        self._send(format_reading(Reading(which, value, self._sequence, now, 154 + position * 2263 // FULL_TURN)))


class BoardOnTerminal:
    """The board behind a pseudo-terminal: noisy knobs, commands from standard input, lamp and relay printed."""

    def __init__(self, turned_to: dict[Which, int], *, plays: bool) -> None:
        """`turned_to` holds the position of each knob, 0 to 4095; with `plays` one of them turns now and then."""
        import termios
        import tty

        self.turned_to, self._plays = turned_to, plays
        self._master, self._slave = os.openpty()
        os.set_blocking(self._master, False)
        tty.setraw(self._slave, termios.TCSANOW)
        self.name = os.ttyname(self._slave)
        self._hung = False
        self._board, self._noise = Board(self._send), random.Random()
        self._started_at = time.monotonic()
        self._sampled, self._turn_at, self._typed = -1000, 8000, b""
        self._shown = ("", True)

    def run(self) -> None:
        """Simulate until standard input ends or `quit` comes."""
        while True:
            ready, _, _ = select.select([0, self._master], [], [], 0.02)
            now = round(1000 * (time.monotonic() - self._started_at))
            if 0 in ready and not self._obey(os.read(0, 256), now):
                return
            if self._master in ready:
                data = os.read(self._master, 4096)
                if not self._hung:
                    self._board.receive(data, now)
            if self._plays and now >= self._turn_at:
                self._play(now)
            if now - self._sampled >= SAMPLE_MS:
                self._sample(now)
            self._board.tick(now)
            self._print_lamp()

    def _send(self, line: str) -> None:
        try:
            if not self._hung:
                os.write(self._master, f"{line}\r\n".encode("ascii"))
        except BlockingIOError:
            return  # nobody reads: the line is lost, as on a wire

    def _obey(self, read: bytes, now: int) -> bool:
        """Do what was typed; returns whether to go on."""
        *whole, self._typed = (self._typed + read).split(b"\n")
        for command in whole:
            words = command.decode("latin-1").split()
            if words[:1] == ["turn"] and len(words) == 3 and words[2].isdecimal():
                which: Which = "density" if words[1] == "34" else "reconstruction_error"
                self.turned_to[which] = min(FULL_TURN, int(words[2]))
            if words == ["part"]:
                self._board.part(now)
            self._hung = self._hung or words == ["hang"]
        return bool(read) and b"quit" not in whole

    def _play(self, now: int) -> None:
        which = self._noise.choice(KNOBS)
        self.turned_to[which] = max(100, min(3995, self.turned_to[which] + self._noise.randint(-16, 16)))
        self._turn_at += 20 if now < self._turn_at + 1000 else 7000

    def _sample(self, now: int) -> None:
        self._sampled = now
        for which in KNOBS:
            for _ in range(SAMPLES):
                spike = self._noise.choice((-400, 400)) if self._noise.random() < 0.02 else 0
                value = round(self.turned_to[which] + self._noise.gauss(0, 12) + spike)
                self._board.filters[which].add(max(0, value))

    def _print_lamp(self) -> None:
        if (self._board.state, self._board.relay) != self._shown:
            self._shown = self._board.state, self._board.relay
            print(f"lamp {self._board.state}\nrelay {'on' if self._board.relay else 'off'}", flush=True)


def main(arguments: list[str]) -> int:
    """Simulate a board behind a pseudo-terminal until standard input ends or `quit` comes; returns the exit code."""
    link = arguments[arguments.index("--link") + 1] if "--link" in arguments else ""
    turned_to: dict[Which, int] = {"density": 2765, "reconstruction_error": 1632}
    for which, option in (("density", "--density"), ("reconstruction_error", "--error")):
        if option in arguments:
            turned_to[which] = int(arguments[arguments.index(option) + 1])  # type: ignore[index]
    board = BoardOnTerminal(turned_to, plays="--play" in arguments)
    if link:
        Path(link).unlink(missing_ok=True)
        Path(link).symlink_to(board.name)
    print(f"port {link or board.name}", flush=True)
    board.run()
    if link:
        Path(link).unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
