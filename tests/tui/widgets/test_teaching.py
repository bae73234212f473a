"""What the teaching screen says of what is stored, and which pictures it shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.commands import AcceptOffers, DiscardOffers
from core.state.material import InventorySummary, PictureCapture, Preview, ReviewItem, ReviewQueue
from core.state.snapshot import Snapshot
from tests.support.fake_station import NOW, preview, snapshot, with_image
from tests.tui.app.test_shell import Bench, becomes, bench, running, shows
from tui.app.shell import Shell
from tui.view.view import View
from tui.widgets.teaching import RecentPane, StoringPane, Teaching

__all__ = ["bench"]

BLACK, WHITE = Preview(80, 60, bytes(4800)), Preview(80, 60, b"\xff" * 4800)
HELD = InventorySummary(3, 2, (WHITE,) * 3, 0.0, (BLACK,) * 2)


def recent(now: Snapshot, *, defect: bool = False, width: int = 43, height: int = 6) -> list[str]:
    pane = RecentPane(Teaching(defect=defect), id="recent")
    lines = pane.content(View(now, NOW), width, height)
    assert len(lines) <= height
    return ["".join(text for text, _ in line) for line in lines]


def storing(now: Snapshot) -> str:
    lines = StoringPane(Teaching(), id="storing").content(View(now, NOW), 34, 6)
    assert len(lines) <= 6 and all(sum(len(text) for text, _ in line) <= 34 for line in lines)
    return "\n".join("".join(text for text, _ in line) for line in lines)


def dark(row: str) -> bool:
    return not row.strip()


def test_the_pictures_are_of_the_kind_that_is_stored() -> None:
    now = snapshot(inventory=HELD)
    good, bad = recent(now), recent(now, defect=True)
    assert "the newest good ones" in good[0] and not dark(good[1])
    assert "the newest DEFECTIVE ones" in bad[0] and dark(bad[1])
    # What is being stored tells more than what the keys are about.
    storing = with_image(now, capture=PictureCapture(1, None, defect=True))
    assert recent(storing) == bad
    assert recent(with_image(now, inventory=InventorySummary(2)), defect=True) == [recent(now, defect=True)[0]]


def offers(*good: bool) -> ReviewQueue:
    shown = tuple(
        ReviewItem(f"offered/x/images/{number}.png", one, preview() if one else BLACK)
        for number, one in enumerate(good)
    )
    return ReviewQueue(sum(good), len(good) - sum(good), recent=shown)


def test_what_is_offered_is_seen_with_its_kind_the_newest_first() -> None:
    now = snapshot(inventory=HELD, offers=offers(True, True, False))
    rows = recent(now)
    assert "suggested, the newest first" in rows[0]
    assert rows[-1].split() == ["defective", "good", "good"]
    # While pictures are stored these are what somebody looks at.
    assert "good ones" in recent(with_image(now, capture=PictureCapture(1, None)))[0]
    # Sound has no picture.
    assert "good ones" in recent(replace(now, offers=ReviewQueue(good_sound=2)))[0]


@pytest.mark.parametrize("width", range(0, 60, 7))
@pytest.mark.parametrize("height", range(8))
def test_whatever_room_there_is(width: int, height: int) -> None:
    recent(snapshot(offers=offers(True, False, True)), width=width, height=height)
    recent(snapshot(inventory=HELD), width=width, height=height)


def test_the_keys_are_about_the_newest_where_it_is_seen() -> None:
    assert "o takes the newest, O drops it" in storing(snapshot(offers=offers(True)))
    assert "o takes them, O drops them" in storing(snapshot(offers=ReviewQueue(good_sound=2)))


def test_the_rate_is_told_as_it_is() -> None:
    now = PictureCapture(42, 10_000, "", "the last 40 pictures are nearly the same: move the part a little", True, 1.23)
    told = storing(snapshot(capture=now))
    assert "1.2 per second" in told and "move the part a little" in told
    assert " per second" not in storing(snapshot(capture=replace(now, per_second=None)))


async def test_what_is_seen_is_taken_or_dropped_one_by_one(bench: Bench) -> None:
    shell = Shell(bench.make("pump"), bench.open)
    async with running(shell) as pilot:
        station = bench.stations["pump"]
        await pilot.press("2")
        station.publish(replace(station.now, offers=offers(True, True, False)))
        await becomes(pilot, shell, shows(shell, "o takes the newest"))
        await pilot.press("o")
        station.publish(replace(station.now, offers=offers(True, True)))
        await becomes(pilot, shell, shows(shell, "suggested: 2 good, 0 defective"))
        await pilot.press("O")
        assert station.calls[-2:] == [
            AcceptOffers("offered/x/images/2.png"),
            DiscardOffers("offered/x/images/1.png"),
        ]
