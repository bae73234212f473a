"""Sound between who hears and who judges: in order, whole, and what was lost is said."""

from __future__ import annotations

import threading

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from core.samples import Sound, SoundBlock
from core.sources.microphone.ring_buffer import RingBuffer

RATE = 100


def ramp(first: int, count: int) -> Sound:
    """Every sample is its own number."""
    return np.arange(first, first + count, dtype=np.float32)


def taken(ring: RingBuffer) -> list[SoundBlock]:
    found = []
    while (stretch := ring.take(0)) is not None:
        found.append(stretch)
    return found


def test_what_was_put_is_taken_in_order_and_without_a_seam() -> None:
    ring = RingBuffer()
    for at in range(0, 50, 10):
        ring.put(ramp(at, 10), RATE)
    (stretch,) = taken(ring)
    np.testing.assert_array_equal(stretch.samples, ramp(0, 50))
    ring.put(ramp(50, 10), RATE)
    (following,) = taken(ring)
    assert (stretch.broken, following.broken) == (True, False)
    assert ring.heard == 0.6
    assert ring.overruns == 0


def test_no_more_than_about_a_second_is_given_at_once() -> None:
    ring = RingBuffer()
    for at in range(0, 350, 10):
        ring.put(ramp(at, 10), RATE)
    assert [len(stretch.samples) for stretch in taken(ring)] == [100, 100, 100, 50]


def test_what_nobody_took_goes_the_oldest_first_and_it_is_counted() -> None:
    ring = RingBuffer(seconds=2.0)
    for at in range(0, 250, 10):
        ring.put(ramp(at, 10), RATE)
    first, *others = taken(ring)
    assert first.broken
    assert not any(other.broken for other in others)
    left = np.concatenate([first.samples, *(other.samples for other in others)])
    np.testing.assert_array_equal(left, ramp(250 - len(left), len(left)))
    assert 100 <= len(left) <= 200
    assert ring.overruns == 1


def test_what_comes_after_more_than_can_be_kept_begins_anew() -> None:
    ring = RingBuffer(seconds=1.0)
    ring.put(ramp(0, 10), RATE)
    taken(ring)
    ring.put(ramp(10, 300), RATE)
    assert taken(ring) == []
    ring.put(ramp(310, 10), RATE)
    assert [stretch.broken for stretch in taken(ring)] == [True]


def test_who_waits_is_woken_by_sound_and_by_the_end() -> None:
    ring = RingBuffer()
    found: list[SoundBlock | None] = []
    thread = threading.Thread(target=lambda: found.extend([ring.take(10), ring.take(10)]))
    thread.start()
    ring.put(ramp(0, 10), RATE)
    ring.close()
    thread.join(5)
    assert not thread.is_alive()
    assert found[-1] is None
    ring.put(ramp(10, 10), RATE)
    assert ring.take(0) is None


PUT = st.tuples(
    st.just("put"), st.integers(0, 30), st.sampled_from([10, 20]), st.sampled_from([None, "good", "rub"]), st.booleans()
)
OTHER = st.tuples(st.sampled_from(["take", "interrupt"]))


@given(st.lists(PUT | OTHER, max_size=60))
@example([("put", 1, 10, None, False), ("put", 0, 20, None, False), ("put", 1, 10, None, False)])
def test_whatever_is_put_and_taken_nothing_is_lost_or_joined_without_saying_so(steps: list) -> None:
    ring = RingBuffer(seconds=4.0)
    rates: list[int] = []
    truths: list[str | None] = []
    breaks = {0}
    lost_by_device = 0
    found: list[SoundBlock] = []
    for step in steps:
        if step[0] == "put":
            _, count, rate, truth, lost = step
            lost_by_device += lost
            if lost or (rates and count and rates[-1] != rate):
                breaks.add(len(rates))
            ring.put(ramp(len(rates), count), rate, truth, lost=lost)
            rates += [rate] * count
            truths += [truth] * count
        elif step[0] == "interrupt":
            ring.interrupt()
            breaks.add(len(rates))
        elif (stretch := ring.take(0)) is not None:
            found.append(stretch)
    found += taken(ring)

    following = 0
    for stretch in found:
        first, count = int(stretch.samples[0]), len(stretch.samples)
        np.testing.assert_array_equal(stretch.samples, ramp(first, count))
        assert first >= following
        assert stretch.broken == (first > following or first in breaks)
        assert not breaks & set(range(first + 1, first + count))
        assert {stretch.rate} == set(rates[first : first + count])
        assert {stretch.truth} == set(truths[first : first + count])
        following = first + count
    if ring.overruns == lost_by_device:
        assert sum(len(stretch.samples) for stretch in found) == len(rates)
