"""Writes vectors.txt for the C++ and the Python tests: good, legacy, truncated and hostile frames, and the filter's
values for noisy knobs.

The seals come from Python's binascii.crc_hqx and the filter's values from an independent implementation in this file,
so that neither of the tested implementations checks itself.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from pathlib import Path


def sealed(body: str) -> str:
    """Return the line with its seal, " *CRC"."""
    return f"{body} *{binascii.crc_hqx(body.encode('latin-1'), 0xFFFF):04X}"


def wrong(line: str) -> str:
    """Return the line with its last character replaced by another digit."""
    return line[:-1] + ("0" if line[-1] != "0" else "1")


GOOD = [
    ("reading", sealed("_34#2765#34_ v1 s=421 t=183204 mv=2214"), "34 2765 421 183204 2214"),
    ("reading", sealed("_39#0.1632#39_ v1 s=422 t=183210 mv=1315"), "39 1632 422 183210 1315"),
    ("reading", sealed("_34#0#34_ v1 s=0 t=0 mv=0"), "34 0 0 0 0"),
    ("reading", sealed("_39#0.0000#39_ v1 s=1 t=10 mv=154"), "39 0 1 10 154"),
    ("reading", sealed("_39#0.0007#39_ v1 s=2 t=20 mv=155"), "39 7 2 20 155"),
    ("reading", sealed("_39#0.4095#39_ v1 s=4294967295 t=4294967295 mv=2417"), "39 4095 4294967295 4294967295 2417"),
    ("reading", sealed("_34#4095#34_ v1 s=10 t=99999 mv=65535"), "34 4095 10 99999 65535"),
    ("heartbeat", sealed("!HB v1 fw=1.0.0 up=183 rst=poweron"), "1.0.0 183 poweron"),
    ("heartbeat", sealed("!HB v1 fw=1.0.0 up=4000000000 rst=watchdog"), "1.0.0 4000000000 watchdog"),
    ("part", sealed("!PART v1 s=423 t=183950"), "423 183950"),
    ("part", sealed("!PART v1 s=4294967295 t=0"), "4294967295 0"),
    ("answer", sealed("<A 57"), "57"),
    ("answer", sealed("<A 4294967295"), "4294967295"),
    ("verdict", sealed(">V 57 ANOMALY -1234.5 0.0051"), "57 ANOMALY -1234.5 0.0051"),
    ("verdict", sealed(">V 0 OK 3.25 0.5"), "0 OK 3.25 0.5"),
    ("verdict", sealed(">V 4294967295 UNKNOWN - -"), "4294967295 UNKNOWN - -"),
    ("verdict", sealed(">V 8 OK -1.23457e-05 12345678.123"), "8 OK -1.23457e-05 12345678.123"),
    ("legacy", "_34#2765#34_", "34 2765"),
    ("legacy", "_39#0.1632#39_", "39 0.1632"),
    ("legacy", "_34#2765#34_ and whatever follows", "34 2765"),
    ("legacy", "boot: ok _39#0.5#39_", "39 0.5"),
]
OK = sealed(">V 57 OK 3.25 0.5")
BROKEN = [
    ("broken", wrong(OK), "the seal is wrong"),
    ("broken", wrong(sealed("_34#2765#34_ v1 s=421 t=183204 mv=2214")), "the seal is wrong"),
    ("broken", OK.replace("57", "58"), "a digit was changed"),
    ("broken", OK[:-4] + "zzzz", "no hexadecimal number"),
    ("broken", "_34#2765#34_ v1 s=421 t=18", "version 1 has a seal"),
    ("broken", sealed("_34#2765#34_ v1 s=421 t=183204 mv=2214").replace("2765", "2764"), "a digit was changed"),
    ("broken", OK[3:], "the head is missing"),
    ("broken", "!PART v1 s=423 t=183950", "nobody says so without a seal"),
    ("broken", wrong(sealed("!PART v1 s=423 t=183950")), "the seal is wrong"),
    ("broken", sealed("!PART v1 s=423 t=183950").replace("423", "424"), "a digit was changed"),
    ("noise", OK[:-1], "cut off within the seal"),
    ("noise", OK[:-7], "cut off before the seal"),
    ("noise", ">V 57 OK 3.25 0.5", "a verdict without a seal moves no relay"),
    ("noise", sealed(">V 57 FINE 3.25 0.5"), "no such verdict"),
    ("noise", sealed(">V 57 OKAY 3.25 0.5"), "no such verdict"),
    ("noise", sealed(">V 57 NO LINK 0.5"), "no such verdict"),
    ("noise", sealed(">V 4294967296 OK 3.25 0.5"), "the number does not fit"),
    ("noise", sealed(">V -1 OK 3.25 0.5"), "not a number"),
    ("noise", sealed(">V  OK 3.25 0.5"), "an empty word"),
    ("noise", sealed(">V 57 OK 3.25"), "a word is missing"),
    ("noise", sealed(">V 57 OK 3.25 0.5 7"), "a word too many"),
    ("noise", sealed(">V 57 OK 3.25 0.5 "), "a blank too many"),
    ("noise", sealed(">V 57 OK 1234567890.123 0.5"), "longer than the display"),
    ("noise", sealed(">V 57 OK \x01 0.5"), "an unprintable character"),
    ("noise", sealed(">W 57 OK 3.25 0.5"), "another frame"),
    ("noise", sealed("!PART v1 s=423"), "a word is missing"),
    ("noise", sealed("!PART v1 s=-1 t=0"), "not a number"),
    ("noise", sealed("!PARTS v1 s=423 t=183950"), "another frame"),
    ("noise", "!PAR", "torn"),
    ("noise", sealed(""), "a seal of nothing"),
    ("noise", sealed("_34#4096#34_ v1 s=1 t=1 mv=1"), "beyond the full turn"),
    ("noise", sealed("_34#-1#34_ v1 s=1 t=1 mv=1"), "below nothing"),
    ("noise", sealed("_34#12#39_ v1 s=1 t=1 mv=1"), "the tags do not match"),
    ("noise", "_34#", "torn"),
    ("noise", "_34#27", "torn"),
    ("noise", "_34##34_", "empty"),
    ("noise", "_39#nan#39_", "not a number"),
    ("noise", "_39#1e999#39_", "not a number"),
    ("noise", "_39#--1#39_", "not a number"),
    ("noise", "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)", "boot text"),
    ("noise", "\xff\x00\x80\x1b[2J", "line noise"),
    ("noise", "*", "a star"),
    ("noise", " *FFFF", "a seal of nothing, and not even a wrong one"),
    ("noise", "x" * 200, "a line without an end"),
]


def noise(seed: int) -> Iterator[int]:
    """Yield the numbers that noisySample in noise.cpp adds to a position."""
    while True:
        draws = []
        for _ in range(13):
            seed = (seed * 1664525 + 1013904223) % 2**32
            draws.append(seed)
        gauss = (sum(draw >> 24 for draw in draws[:12]) - 1530) * 12 >> 8
        spike = draws[12] >> 16
        yield gauss + (0 if spike & 0xFF >= 5 else 400 if spike & 0x100 else -400)


def filtered(begin: int, end: int, seed: int) -> list[int]:
    """Return the knob's value after each of six blocks at one position and six at another."""
    sounds, average, value, values = noise(seed), None, 0, []
    for position in [begin] * 6 + [end] * 6:
        block = sorted(min(4095, max(0, position + next(sounds))) for _ in range(64))
        mean = 256 * sum(block[16:48]) // 32
        if average is None or abs(mean - average) > 24 * 256:
            average = mean
        else:
            average += (mean - average) // 8
        rounded = (average + 128) // 256
        first = not values
        if rounded <= 3 or rounded >= 4092:
            value = 0 if rounded <= 3 else 4095
        elif first or abs(rounded - value) > 6:
            value = rounded
        values.append(value)
    return values


# (2765, 2775, 5) distinguishes a deadband of 6 from 5 and 7.
TURNS = [
    (2765, 2775, 5),
    (0, 4095, 1),
    (4095, 0, 2),
    (2765, 2765, 3),
    (2765, 2785, 4),
    (2765, 2740, 5),
    (7, 4090, 6),
    (1632, 163, 7),
]
FILTERED = [
    ("filter", "six blocks at one position, six at another", " ".join(map(str, [*turn, *filtered(*turn)])))
    for turn in TURNS
]


def escaped(line: str) -> str:
    r"""Return the line with every byte that is not plain ASCII as \xNN."""
    return "".join(c if " " <= c <= "~" and c not in "\\|" else f"\\x{ord(c):02x}" for c in line)


if __name__ == "__main__":
    head = "# Written by vectors.py. kind|line|meaning; \\xNN is one byte. filter: from, to, seed, 12 values.\n"
    rows = [f"{kind}|{escaped(line)}|{meaning}\n" for kind, line, meaning in GOOD + BROKEN + FILTERED]
    Path(__file__).with_name("vectors.txt").write_text(head + "".join(rows), encoding="ascii")
