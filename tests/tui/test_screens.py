"""How the dashboard looks, at two sizes; `pytest --snapshot-update` after a change that was looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from core.snapshot import Snapshot
from tests.tui.fake_station import (
    NOW,
    FakeStation,
    anomaly,
    both,
    clipping,
    heard,
    judgement,
    judging,
    knobs_lost,
    lost,
    microphone_lost,
    recording,
    snapshot,
    sound_alone,
    training,
    turning,
    waiting,
)
from tui.app import WatchApp

SIZES = [(80, 24), (120, 40)]
SCENES: dict[str, tuple[Callable[[], Snapshot], str]] = {
    "ok": (snapshot, ""),
    "anomaly-map": (anomaly, "m"),
    "camera-lost": (lost, ""),
    "training": (training, "p p p"),
    "sound-alone": (sound_alone, ""),
    "both": (both, ""),
    "both-sound": (both, "v"),
    "recording": (recording, "v"),
    "microphone-lost": (microphone_lost, "v"),
    "clipping": (clipping, ""),
    "knobs": (turning, ""),
    "knobs-lost": (knobs_lost, ""),
    "waiting": (waiting, ""),
    "judging": (judging, ""),
}


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("scene", SCENES)
def test_the_dashboard_looks_as_it_was_looked_at(
    scene: str, size: tuple[int, int], snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    make, keys = SCENES[scene]
    last, now = make(), NOW - 20.0
    station = FakeStation(last)
    app = WatchApp(station, clock=lambda: now)

    async def past(pilot: Pilot[None]) -> None:
        nonlocal now
        # Twenty seconds of samples before the moment that is shown.
        for number in range(40):
            now += 0.5
            deviation = ((number * 7) % 11 - 5) / 12
            image = judgement(number, -2.9 + deviation, 0.0025 + deviation / 2000)
            window = heard(number, -0.6 + deviation, 0.1 + deviation)
            sound = last.sound and replace(last.sound, window=window if last.sound.window else None)
            station.publish(replace(last, image=image if last.image else None, sound=sound))
        station.publish(last)
        await pilot.press(*keys.split())
        app._feedback = ("", 0.0)
        app.show()
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=past)
