"""How the dashboard looks, at two sizes; `pytest --snapshot-update` after a change that was looked at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from core.state.snapshot import Snapshot
from tests.support.fake_station import (
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
from tui.app.dashboard import Dashboard
from tui.terminal.capabilities import TerminalKind

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


ASCII_SCENES = ("ok", "anomaly-map", "camera-lost", "training", "both-sound", "knobs", "waiting", "judging")
Prepared = tuple[Dashboard, Callable[[Pilot[None]], Awaitable[None]]]


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("scene", SCENES)
def test_the_dashboard_looks_as_it_was_looked_at(
    scene: str, size: tuple[int, int], snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    app, past = prepared(scene)
    assert snap_compare(app, terminal_size=size, run_before=past)


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("scene", ASCII_SCENES)
def test_in_ascii_without_colours_too(scene: str, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    app, past = prepared(scene, TerminalKind("ascii", "none"))

    async def past_in_ascii(pilot: Pilot[None]) -> None:
        await past(pilot)
        assert all(strip.text.isascii() for strip in app.screen._compositor.render_strips())

    assert snap_compare(app, terminal_size=size, run_before=past_in_ascii)


@pytest.mark.parametrize("scene", ["ok", "both"])
def test_between_the_two_sizes(scene: str, snap_compare: Callable[..., bool]) -> None:
    app, past = prepared(scene)
    assert snap_compare(app, terminal_size=(100, 30), run_before=past)


class StillApp(Dashboard):
    """Looks at the station when it is told to: how its samples fall into columns must not hang on the real clock."""

    def _tick(self) -> None:
        pass

    def on_news(self) -> None:
        pass


def prepared(scene: str, kind: TerminalKind | None = None) -> Prepared:
    """The app with a station whose scene it shows, and what has been before."""
    make, keys = SCENES[scene]
    last, now = make(), NOW - 20.0
    station = FakeStation(last)
    app = StillApp(station, clock=lambda: now, kind=kind)

    async def past(pilot: Pilot[None]) -> None:
        nonlocal now
        # The plots begin to count their columns when they are first drawn.
        while not app.screen.query_one("#density" if last.image else "#sound-density").size.width:
            await pilot.pause(0.01)
        app.show()
        # Twenty seconds of samples before the moment that is shown.
        for number in range(40):
            now += 0.5
            deviation = ((number * 7) % 11 - 5) / 12
            judged = {
                "image": judgement(number, -2.9 + deviation, 0.0025 + deviation / 2000),
                "sound": heard(number, -0.6 + deviation, 0.1 + deviation),
            }
            states = {
                sense: replace(state, judged=state.judged and judged[sense]) for sense, state in last.senses.items()
            }
            station.publish(replace(last, **states))
        station.publish(last)
        await pilot.press(*keys.split())
        app._feedback = ("", 0.0)
        app.show()
        await pilot.pause()

    return app, past
