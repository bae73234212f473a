"""Frames, the link's states, the board's twin."""

from __future__ import annotations

import itertools
import math
import re
import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.knobs import protocol
from core.knobs.firmware_twin import Board, Filter
from core.knobs.link import Link, refusal
from core.knobs.mapping import meaning
from core.knobs.protocol import Answer, Damaged, Heartbeat, Lines, Noise, Placed, Reading, ToldVerdict, parse
from core.settings.recipe_settings import KnobTable
from core.state.knobs import Knob
from core.state.verdict import Thresholds

SCORES = st.floats(-1e300, 1e300) | st.sampled_from([math.nan, math.inf, -math.inf])
VECTORS = Path(__file__).parents[3] / "firmware" / "test" / "vectors.txt"
WRITER = SimpleNamespace(**runpy.run_path(str(VECTORS.with_suffix(".py"))))
ROWS = [row.split("|") for row in VECTORS.read_text().splitlines() if not row.startswith("#")]


def line_of(text: str) -> bytes:
    return re.sub(r"\\x(..)", lambda found: chr(int(found[1], 16)), text).encode("latin-1")


@pytest.mark.parametrize(("kind", "text", "words"), ROWS)
def test_shared_vectors_mean_to_the_desk_what_they_mean_to_the_board(kind: str, text: str, words: str) -> None:
    if kind == "filter":
        begin, end, seed, *values = map(int, words.split())
        assert filtered(begin, end, seed) == values
        return
    line = line_of(text)
    frame, said = parse(line), words.split()
    if kind == "reading":
        assert isinstance(frame, Reading)
        assert [34 if frame.which == "density" else 39, round(frame.position)] == [int(said[0]), int(said[1])]
        assert [frame.sequence, frame.milliseconds, frame.millivolts] == [int(word) for word in said[2:]]
        assert protocol.format_reading(frame).encode() == line
    elif kind == "heartbeat":
        assert frame == Heartbeat(said[0], int(said[1]), said[2])
        assert protocol.format_heartbeat(frame).encode() == line
    elif kind == "part":
        assert frame == Placed(int(said[0]), int(said[1]))
        assert protocol.format_placed(frame).encode() == line
    elif kind == "answer":
        assert frame == Answer(int(said[0]))
        assert protocol.format_answer(frame).encode() == line
    elif kind == "verdict":
        assert frame == ToldVerdict(int(said[0]), said[1], said[2], said[3])
    elif kind == "legacy":
        assert frame == Reading("density" if said[0] == "34" else "reconstruction_error", float(said[1]))
        assert frame.legacy
    elif kind == "broken":
        # What has lost its head has lost its meaning, sealed or not.
        assert isinstance(frame, Damaged | Noise)
    else:
        assert isinstance(frame, Noise | Damaged)
    twin: list[str] = []
    board = Board(twin.append)
    board.receive(b"torn\r\n" + line + b"\r\n", 0)
    assert (board.state != "NO LINK") == (kind == "verdict")


def filtered(begin: int, end: int, seed: int) -> list[int]:
    """The twin's values after each of six blocks at one position and six at another, with the noise of the vectors."""
    twin, sounds, values = Filter(), WRITER.noise(seed), []
    for position in [begin] * 6 + [end] * 6:
        while not twin.add(min(4095, max(0, position + next(sounds)))):
            pass
        values.append(twin.value)
    return values


def test_the_vectors_are_those_that_their_script_writes() -> None:
    written = [
        [kind, WRITER.escaped(line), words] for kind, line, words in WRITER.GOOD + WRITER.BROKEN + WRITER.FILTERED
    ]
    assert written == ROWS


@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    parse(data)
    link = Link("x")
    link.received(data + b"\n", 1.0)
    assert link.status.crc_errors + link.status.noise >= 0


@given(
    st.sampled_from(["density", "reconstruction_error"]),
    st.integers(0, 4095),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 65535),
)
def test_every_reading_parses_back(which: str, position: int, sequence: int, at: int, mv: int) -> None:
    value = float(position) if which == "density" else position / 10_000
    reading = Reading(which, value, sequence, at, mv)  # type: ignore[arg-type]
    assert parse(protocol.format_reading(reading).encode()) == reading


@given(st.integers(0, 2**32 - 1), st.sampled_from(["OK", "ANOMALY", "UNKNOWN"]), SCORES, SCORES)
def test_every_verdict_parses_back(sequence: int, state: str, density: float, error: float) -> None:
    frame = parse(protocol.format_verdict(sequence, state, density, error).encode())  # type: ignore[arg-type]
    assert isinstance(frame, ToldVerdict)
    assert (frame.sequence, frame.state) == (sequence, state)
    assert frame.density == "-" if not math.isfinite(density) else float(frame.density) == pytest.approx(density, 1e-4)


@given(st.lists(st.integers(0, 4095), min_size=1, max_size=20), st.binary(max_size=60), st.integers(1, 30))
def test_it_does_not_matter_how_the_bytes_are_cut(positions: list[int], noise: bytes, size: int) -> None:
    sent = noise + b"\r\n" + b"".join(sealed("density", at, n) for n, at in enumerate(positions))
    link = Link("x")
    for at in range(0, len(sent), size):
        link.received(sent[at : at + size], 1.0)
    assert link.status.density is not None
    assert (link.status.density.value, link.status.density.sequence) == (positions[-1], len(positions) - 1)


def test_a_line_without_an_end_takes_no_memory_and_the_next_one_is_read() -> None:
    lines = Lines()
    for _ in range(1000):
        assert list(lines.feed(b"x" * 1000)) == []
        assert len(lines._begun) <= protocol.LONGEST + 1
    assert list(lines.feed(b"\n_34#7#34_\n")) == [None, b"_34#7#34_"]


def sealed(which: str, value: float, sequence: int) -> bytes:
    return (protocol.format_reading(Reading(which, value, sequence, 0, 0)) + "\r\n").encode()  # type: ignore[arg-type]


def test_the_link_says_what_it_is() -> None:
    link = Link("/dev/x")
    link.closed("there is no such port")
    assert link.status.state == "absent"
    link.opened(0.0)
    assert link.status.state == "connecting"
    link.received(b"ets Jun  8 2016 rst:0x1\r\n_34#27", 0.1)
    assert (link.status.state, link.status.noise) == ("connecting", 1)
    link.received(b"65#34_\r\n", 0.2)
    assert link.status.state == "legacy"
    link.received(sealed("density", 2765, 1), 0.3)
    assert link.status.state == "live"
    link.received(sealed("density", 2765, 2).replace(b"2765", b"2665"), 0.4)
    assert (link.status.state, link.status.crc_errors) == ("live", 1)
    link.received(b"_34#1#34_\r\n", 0.5)
    assert link.status.density and link.status.density.value == 2765, "half a line of a board that seals its lines"
    assert link.status.crc_errors == 2
    link.tick(2.2)
    assert link.status.state == "live"
    link.tick(2.4)
    assert link.status.state == "stale"
    link.closed("the port has gone")
    assert link.status.state == "lost"
    link.opened(5.0)
    assert (link.status.state, link.status.reconnects) == ("connecting", 1)


def why(link: Link, now: float) -> str:
    return refusal(link.status, "density", "image", now)


def test_a_knob_is_grabbed_only_fresh_and_still() -> None:
    link = Link("x")
    link.opened(0.0)
    assert "nothing yet" in why(link, 0.0)
    for at in (0.0, 0.5, 1.0):
        link.received(sealed("density", 2000, 1), at)
    assert why(link, 1.1) == ""
    assert "the error knob has sent nothing yet" in refusal(link.status, "both", "image", 1.1)
    link.received(sealed("density", 2007, 2), 1.2)
    assert "moving" in why(link, 2.1)
    assert why(link, 2.3) == ""
    assert "stale" in why(link, 3.3)
    # An old board wobbles; a turn is more than that.
    old = Link("x")
    old.opened(0.0)
    for at, value in enumerate((2765, 2780, 2750, 2765)):
        old.received(f"_34#{value}#34_\n_39#0.1632#39_\n".encode(), at * 0.5)
    assert refusal(old.status, "both", "image", 1.6) == ""
    assert old.status.reconstruction_error and old.status.reconstruction_error.value == 0.1632
    old.received(b"_34#2810#34_\n", 1.7)
    assert "moving" in why(old, 1.8)


def test_what_a_board_said_before_it_went_is_not_grabbed() -> None:
    link = Link("x")
    link.opened(0.0)
    for at in (0.0, 1.0):
        link.received(sealed("density", 2000, 1), at)
    link.closed("the port has gone")
    assert "the link is lost" in why(link, 1.1)
    link.opened(1.2)
    assert "the link is connecting" in why(link, 1.3)
    link.received(sealed("density", 2000, 1), 1.4)
    assert why(link, 1.5) == "", "it stands where it stood"
    assert "no knobs" in refusal(None, "both", "image", 0.0)


def test_a_knob_beyond_its_span_is_not_grabbed() -> None:
    link = Link("x")
    link.opened(0.0)
    for at in (0.0, 1.0):
        link.received(b"_34#9000#34_\n", at)
    for range, words in (("span", "beyond its span"), ("raw", "")):
        table = KnobTable(range, (0.0, 1.0) if range == "span" else None)
        means = meaning("image", "density", table, None, link.status.density)
        assert words in refusal(replace(link.status, meanings=(means,)), "density", "image", 1.1)


def test_the_twins_relay_falls_three_seconds_after_the_last_verdict() -> None:
    said: list[str] = []
    board = Board(said.append)
    board.tick(0)
    assert (board.state, board.relay) == ("NO LINK", False)
    board.receive(f"{protocol.format_verdict(7, 'OK', 3.25, 0.5)}\r\n".encode(), 100)
    assert said[-1] == protocol.format_answer(Answer(7))
    board.tick(3099)
    assert (board.state, board.relay) == ("OK", True)
    board.tick(3100)
    assert (board.state, board.relay) == ("NO LINK", False)
    for state in ("ANOMALY", "UNKNOWN"):
        board.receive(f"{protocol.format_verdict(8, state, None, None)}\r\n".encode(), 4000)  # type: ignore[arg-type]
        assert (board.state, board.relay) == (state, False)


def test_what_a_knob_means() -> None:
    calibrated = Thresholds(-4.0, 0.006, "sum", -2.0, 0.002, 0.01, 0.0001)
    still = Knob(2765.0, 2765.0, 0.0, 0.0)
    assert meaning("image", "density", KnobTable("raw"), calibrated, still).threshold == 2765
    span = meaning("image", "density", KnobTable("span", (0.0, 4095.0)), calibrated, still)
    assert span.threshold == pytest.approx(2765)
    around = meaning("image", "density", KnobTable(), calibrated, Knob(0.0, 2047.5, 0.0, 0.0))
    assert around.threshold == pytest.approx(-4.0)
    assert around.span == pytest.approx((-6.0, -2.0))
    beyond = Knob(0.9, 9000.0, 0.0, 0.0)
    assert meaning("image", "reconstruction_error", KnobTable(), calibrated, beyond).threshold is None
    assert meaning("image", "reconstruction_error", KnobTable("raw"), calibrated, beyond).threshold == 0.9


def test_the_twins_filter_holds_still_and_takes_a_turn_at_once() -> None:
    import random

    noise, filtered = random.Random(1), Filter()

    def read(position: int) -> int:
        while not filtered.add(max(0, round(position + noise.gauss(0, 12)) + (400 if noise.random() < 0.02 else 0))):
            pass
        return filtered.value

    for _ in range(50):
        read(2765)
    values = [read(2765) for _ in range(1000)]
    assert sum(a != b for a, b in itertools.pairwise(values)) <= 1
    assert [read(100) for _ in range(3)][-1] == pytest.approx(100, abs=12)
