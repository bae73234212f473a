"""The dashboard with a station that only takes notes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

import pytest
from textual._compositor import CompositorUpdate
from textual.pilot import Pilot
from textual.screen import Screen

from core.commands import (
    BeginShift,
    Calibrate,
    CancelTraining,
    CollectPictures,
    EndCollecting,
    GiveFeedback,
    Pause,
    RecordSound,
    SaveThresholds,
    SetSingleShot,
    SetThreshold,
    TakeOverModel,
    Train,
    TriggerPart,
)
from core.state.jobs import TrainingState
from core.state.material import PictureCapture, ReviewQueue
from core.state.parts import Call
from core.state.snapshot import Snapshot
from core.state.verdict import Verdict
from tests.support.fake_station import (
    MODEL,
    NOW,
    FakeStation,
    anomaly,
    both,
    heard,
    judgement,
    judging,
    lost,
    snapshot,
    sound_alone,
    training,
    waiting,
    with_image,
    with_sound,
)
from tui.app.dashboard import Dashboard
from tui.terminal.cell_buffer import CellBuffer
from tui.view.inbox import NewSnapshot


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def make(
    first: Snapshot | None = None, keymap: Mapping[str, str] | None = None, confirm: bool = True
) -> tuple[Dashboard, FakeStation, Clock]:
    station, clock = FakeStation(first, confirm), Clock()
    return Dashboard(station, keymap, clock=clock), station, clock


def screen_text(app: Dashboard) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


@asynccontextmanager
async def running(app: Dashboard, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[None]]:
    """The app, from when it has started its station."""
    station = cast(FakeStation, app.station)
    async with app.run_test(size=size) as pilot:
        while "start" not in station.calls:
            await pilot.pause(0.01)
        yield pilot


async def shown(pilot: Pilot[None], app: Dashboard) -> str:
    await pilot.pause()
    app.show()
    await pilot.pause()
    return screen_text(app)


def test_the_dashboard_hears_of_a_new_snapshot_before_its_next_tick() -> None:
    assert hasattr(Dashboard, NewSnapshot.handler_name)


async def test_the_dashboard_shows_what_the_station_says() -> None:
    app, _, _ = make(anomaly())
    async with running(app) as pilot:
        text = await shown(pilot, app)
    for words in (
        "ANOMALY",
        "truth: scratch",
        "density -5.21, threshold -4.10",
        "density -5.21 error 0.0051 : if 1.93 + 1.73 = 3.66 > 1 : ANOMALY  yes",
        "1920x1080 29.8 fps",
        "frame 0.1 s ago",
        "calibrated for 5 % false",
        "judged   1234",
        "votes ..AAA need 3",
        "taught 120",
        "features, EfficientNet-Lite0",
        "? help",
    ):
        assert words in text


async def test_the_station_is_started_once_and_only_after_the_screen_listens() -> None:
    app, station, _ = make()
    async with running(app) as pilot:
        await pilot.pause()
        assert station.calls == ["start"]
        station.publish(anomaly())
        assert "ANOMALY" in await shown(pilot, app)
    assert not station._callbacks, "the screen must end its subscription"


async def test_keys_move_the_thresholds() -> None:
    app, station, _ = make()
    moves: list[tuple[str, str, float]] = [
        ("j", "density", -4.15),
        ("down", "density", -4.20),
        ("k", "density", -4.15),
        ("up", "density", -4.10),
        ("J", "density", -4.60),
        ("pagedown", "density", -5.10),
        ("K", "density", -4.60),
        ("pageup", "density", -4.10),
        ("h", "reconstruction_error", 0.0039),
        ("left", "reconstruction_error", 0.0038),
        ("l", "reconstruction_error", 0.0039),
        ("right", "reconstruction_error", 0.0040),
        ("H", "reconstruction_error", 0.0030),
        ("home", "reconstruction_error", 0.0020),
        ("L", "reconstruction_error", 0.0030),
        ("end", "reconstruction_error", 0.0040),
    ]
    async with running(app) as pilot:
        await pilot.press(*(key for key, _, _ in moves))
        text = await shown(pilot, app)
    assert station.calls[1:] == [SetThreshold(which, pytest.approx(value), "key", "image") for _, which, value in moves]
    assert "* unsaved" in text and "set by: key" in text


async def test_presses_add_up_while_the_station_is_slow_and_show_at_once() -> None:
    app, station, _ = make(confirm=False)
    async with running(app) as pilot:
        await pilot.press(*"jjjj")
        text = await shown(pilot, app)
    assert [call.value for call in station.calls[1:] if isinstance(call, SetThreshold)] == pytest.approx(
        [-4.15, -4.20, -4.25, -4.30]
    )
    assert "threshold -4.30*" in text


async def test_a_threshold_that_the_station_does_not_take_falls_back() -> None:
    app, _, clock = make(confirm=False)
    async with running(app) as pilot:
        await pilot.press("j")
        clock.now += 4
        assert "threshold -4.10" in await shown(pilot, app)


async def test_keys_are_commands() -> None:
    app, station, _ = make()
    async with running(app) as pilot:
        await pilot.press("a", "s", "t", "space")
    assert station.calls == ["start", Calibrate(), SaveThresholds(), Train(), Pause(True)]


async def test_pause_is_a_switch_even_when_pressed_twice_quickly() -> None:
    app, station, _ = make()
    async with running(app) as pilot:
        await pilot.press("space")
        assert "PAUSED" in await shown(pilot, app)
        await pilot.press("space", "space", "space")
    assert station.calls[1:] == [
        Pause(True),
        Pause(False),
        Pause(True),
        Pause(False),
    ]


async def test_training_is_started_once_cancelled_and_taken_over() -> None:
    app, station, _ = make()
    async with running(app) as pilot:
        await pilot.press("n", "x")
        assert station.calls == ["start"], "there is nothing to take over or to cancel"
        station.publish(snapshot(training=TrainingState("running", "autoencoder", 12, 40, seconds_left=42.0)))
        await pilot.press("t")
        text = await shown(pilot, app)
        assert "autoencoder 12/40" in text and "0:42 left" in text and "running already" in text
        await pilot.press("x")
        station.publish(
            snapshot(training=TrainingState("done", message="learnt"), new_model=replace(MODEL, bundle="77be"))
        )
        app._feedback = ("", 0.0)
        assert "new model ready: press n to start using it" in await shown(pilot, app)
        await pilot.press("n")
    assert station.calls[1:] == [CancelTraining(), TakeOverModel()]


async def test_the_outcome_of_a_training_stays_for_a_while() -> None:
    app, _, clock = make(snapshot(training=TrainingState("cancelled", message="the old model stays")))
    async with running(app) as pilot:
        assert "the old model stays" in await shown(pilot, app)
        clock.now += 30
        text = await shown(pilot, app)
    assert "the old model stays" not in text and "taught 120" in text


async def test_every_key_can_be_given_to_another() -> None:
    app, station, _ = make(keymap={"save": "f2", "quit": "f10", "density-down": "z", "calibrate": "s"})
    async with running(app) as pilot:
        await pilot.press("f2", "z", "j", "s")
        await pilot.press("question_mark")
        text = await shown(pilot, app)
        await pilot.press("escape", "q")
        assert app.is_running
        await pilot.press("f10")
        await pilot.pause()
        assert not app.is_running
    assert station.calls[1:] == [SaveThresholds(), SetThreshold("density", -4.15), Calibrate()]
    assert "f2" in text and "f10" in text


@pytest.mark.parametrize(("key", "from_help"), [("q", False), ("ctrl+c", True)])
async def test_quit_from_everywhere(key: str, from_help: bool) -> None:
    app, _, _ = make()
    async with running(app) as pilot:
        if from_help:
            await pilot.press("?")
        await pilot.press(key)
        await pilot.pause()
        assert not app.is_running
    assert app.return_code == 0


async def test_help_comes_and_goes_while_the_plots_go_on() -> None:
    app, station, clock = make()
    async with running(app) as pilot:
        await pilot.press("?")
        assert "error threshold down, up: ten steps" in await shown(pilot, app)
        for number in range(100, 110):
            clock.now += 0.5
            station.publish(snapshot(judged=replace(station.now.image.judged, number=number)))
        await pilot.press("?")
        text = await shown(pilot, app)
    assert max(line.count("▀") + line.count("▄") for line in text.splitlines()[6:13]) >= 10


async def test_the_preview_turns_from_shades_to_ascii_to_off() -> None:
    app, _, _ = make()
    async with running(app) as pilot:
        texts = []
        for _ in range(3):
            await pilot.press("p")
            texts.append(await shown(pilot, app))
    assert "shades" in texts[0] and "▒" in texts[0]
    assert "ASCII" in texts[1] and "%" in texts[1] and "▒" not in texts[1]
    assert "thresholds" in texts[2]


async def test_the_preview_is_redrawn_every_two_seconds_at_most() -> None:
    app, station, clock = make()
    black = replace(station.now.image.preview, grey=bytes(len(station.now.image.preview.grey)))
    async with running(app) as pilot:
        await pilot.press("p")
        await shown(pilot, app)
        station.publish(snapshot(preview=black))
        clock.now += 1.5
        assert "▓" in await shown(pilot, app)
        clock.now += 1.0
        assert "▓" not in await shown(pilot, app)


async def test_the_map_comes_and_goes() -> None:
    app, _, _ = make(anomaly())
    async with running(app) as pilot:
        await pilot.press("m")
        assert "7.4 at row 7 col 10" in await shown(pilot, app)
        await pilot.press("m")
        assert "7.4 at row" not in await shown(pilot, app)


async def test_ages_go_on_and_the_banner_gives_up_when_the_station_hangs() -> None:
    app, station, clock = make()
    async with running(app) as pilot:
        station.publish(snapshot())
        assert "frame 0.1 s ago" in await shown(pilot, app)
        clock.now += 3.2
        text = await shown(pilot, app)
    assert "UNKNOWN" in text and "no news from the station for 3 s" in text
    assert "last frame 3.3 s ago" in text and "STALE" in text


async def test_a_lost_camera_is_never_ok() -> None:
    app, _, _ = make(lost())
    async with running(app) as pilot:
        text = await shown(pilot, app)
    for words in ("UNKNOWN", "no picture for 4 s", "LOST", "plugged in?", "last frame 4.2 s ago", "no value"):
        assert words in text


async def test_a_station_that_has_learnt_nothing_yet() -> None:
    app, station, _ = make(snapshot(thresholds=None, model=None, judged=None, votes="", preview=None))
    async with running(app) as pilot:
        await pilot.press("j", "p", "p", "m")
        text = await shown(pilot, app)
    assert "nothing is taught yet" in text and station.calls == ["start"]


async def test_every_size_can_be_drawn_and_a_small_one_says_so() -> None:
    app, _, _ = make(anomaly())
    async with running(app) as pilot:
        await pilot.press("m")
        for size in ((120, 40), (60, 16), (59, 16), (60, 15), (1, 1), (20, 3), (200, 60), (80, 24)):
            await pilot.resize_terminal(*size)
            text = await shown(pilot, app)
            if size == (59, 16):
                assert "make this window 60x16 or larger" in text and "ANOMALY" in text
    assert "terminal too small" not in text


async def test_a_name_with_control_characters_or_markup_is_only_text() -> None:
    app, _, _ = make(snapshot(recipe="[bold]pump[/bold] \x1b[2J", fault="[red]disk"))
    async with running(app) as pilot:
        text = await shown(pilot, app)
    assert "[bold]pump[/bold]" in text and "[red]disk" in text


async def test_an_ended_station_says_so() -> None:
    app, station, clock = make()
    async with running(app) as pilot:
        station.publish(snapshot(stopped=True))
        clock.now += 60
        assert "STOPPED" in await shown(pilot, app)


class Grid(Dashboard):
    """Lays every update of Textual into cells, as on a terminal."""

    cells: CellBuffer | None = None

    def _display(self, screen: Screen[object], renderable: object) -> None:
        if isinstance(renderable, CompositorUpdate) and not self._batch_count:
            self.cells = self.cells or CellBuffer()
            self.cells.apply(renderable)

    def text(self) -> str:
        assert self.cells is not None
        return "\n".join("".join(character for character, _ in row) for row in self.cells._wanted)


async def test_what_the_terminal_gets_is_what_textual_means() -> None:
    station, clock = FakeStation(anomaly()), Clock()
    app = Grid(station, clock=clock)
    async with running(app) as pilot:
        for number, key in enumerate(["m", "t", "j", "p", "p", "?", "?", "m", "J", "x", "p", "p", "h"]):
            if key == "t":
                station.publish(training())
            if key == "x":
                station.publish(lost())
            if number == 7:
                await pilot.resize_terminal(120, 40)
            clock.now += 0.7
            station.publish(with_image(station.now, judged=judgement(number, -3.0 - number / 9)))
            await pilot.press(key)
            text = await shown(pilot, app)
            assert app.text() == text, f"after {key}"


async def test_a_key_turns_to_the_other_sense_whose_thresholds_the_keys_then_move() -> None:
    app, station, _ = make(both())
    async with running(app) as pilot:
        text = await shown(pilot, app)
        assert "[picture density]" in text and "sound ────────────── OK live" in text
        await pilot.press("v", "j", "L")
        text = await shown(pilot, app)
        assert "[sound density]" in text and "picture ──────────── OK live" in text
        await pilot.press("v", "k")
        assert "[picture density]" in await shown(pilot, app)
    assert station.calls[1:] == [
        SetThreshold("density", pytest.approx(-2.80), "key", "sound"),
        SetThreshold("reconstruction_error", pytest.approx(2.71), "key", "sound"),
        SetThreshold("density", pytest.approx(-4.05), "key", "image"),
    ]


async def test_what_was_heard_before_the_key_is_in_the_plot_after_it() -> None:
    app, station, clock = make(both())
    async with running(app) as pilot:
        for number in range(20):
            clock.now += 0.5
            sound = replace(station.now.sound, judged=heard(number, -4.5))
            station.publish(replace(station.now, sound=sound))
        await shown(pilot, app)
        await pilot.press("v")
        text = await shown(pilot, app)
    drawn = max(text.splitlines()[6:13], key=lambda row: row.count("▄") + row.count("▀") + row.count("█"))
    assert drawn.count("▄") + drawn.count("▀") + drawn.count("█") > 15


async def test_recording_begins_and_ends_with_a_key_however_fast() -> None:
    app, station, _ = make(sound_alone())
    async with running(app) as pilot:
        await pilot.press("r")
        assert "REC 0:00" in await shown(pilot, app)
        await pilot.press("r", "r", "r")
        done = replace(station.now.sound, capture=None, stored="000007.wav: 12.0 s of good sound recorded")
        station.publish(replace(station.now, sound=done))
        app._feedback = ("", 0.0)
        assert "12.0 s of good sound recorded" in await shown(pilot, app)
    assert station.calls[1:] == [RecordSound(True), RecordSound(False), RecordSound(True), RecordSound(False)]


async def test_without_a_microphone_nothing_is_recorded_and_it_says_so() -> None:
    app, station, _ = make()
    async with running(app) as pilot:
        await pilot.press("r")
        assert "there is no microphone" in await shown(pilot, app)
        await pilot.press("v")
        assert "pictures or sound, not both" in await shown(pilot, app)
    assert station.calls == ["start"]


async def test_overruns_and_old_sound_are_seen_even_in_one_row() -> None:
    app, station, clock = make(both())
    async with running(app) as pilot:
        status = replace(station.now.sound.status, overruns=4)
        station.publish(with_sound(station.now, status=status))
        assert "4 OVERRUNS" in await shown(pilot, app)
        clock.now += 1.5
        assert "STALE" in await shown(pilot, app)


async def test_storing_pictures_begins_and_ends_with_a_key_and_is_shown() -> None:
    app, station, _ = make()
    async with running(app) as pilot:
        await pilot.press("i")
        station.publish(with_image(station.now, capture=PictureCapture(12, 50, note="picture: dark")))
        text = await shown(pilot, app)
        assert "storing 12 of 50 good" in text and "picture: dark" in text
        await pilot.press("i")
        station.publish(with_image(station.now, capture=None, stored="12 pictures of good parts stored"))
        assert "12 pictures of good parts" in await shown(pilot, app)
    assert station.calls[1:] == [CollectPictures(), EndCollecting()]


async def test_enter_has_a_part_judged_in_single_shots_alone() -> None:
    app, station, _ = make()
    async with running(app) as pilot:
        await pilot.press("enter")
        assert "judged continuously: c turns to single shots" in await shown(pilot, app)
        await pilot.press("c")
        assert "Enter when a part is in place" in await shown(pilot, app)
        station.publish(waiting())
        await pilot.press("enter")
        app._feedback = ("", 0.0)
        text = await shown(pilot, app)
        assert "WAITING" in text and "Enter when a part is in place" in text and "last: 88 OK, 42 s ago" in text
        station.publish(judging())
        await pilot.press("enter", "c")
        app._feedback = ("", 0.0)
        text = await shown(pilot, app)
        assert "JUDGING" in text and "2 of 5 pictures" in text
    assert station.calls[1:] == [SetSingleShot(True), TriggerPart("key")]


async def test_a_camera_that_is_pulled_between_parts_is_unknown_and_not_waiting() -> None:
    words = "camera 1 was pulled; waiting for a part; last: 88 OK, 42 s ago"
    app, _, _ = make(replace(waiting(), verdict=Verdict("UNKNOWN", words)))
    async with running(app) as pilot:
        text = await shown(pilot, app)
    assert "UNKNOWN" in text and "camera 1 was pulled" in text and "WAITING" not in text


async def test_the_operator_has_a_word_on_the_last_call() -> None:
    app, station, _ = make()
    call = Call(1_730_000_000.5, Verdict("ANOMALY", "redrawn badly"), 12)
    async with running(app) as pilot:
        await pilot.press("w")
        assert "there is no verdict yet to confirm or correct" in await shown(pilot, app)
        station.publish(snapshot(call=call))
        await pilot.press("w")
        assert "noted: part 12 (ANOMALY) was good" in await shown(pilot, app)
        station.publish(snapshot(call=replace(call, word="good"), offers=ReviewQueue(good_images=1)))
        await pilot.press("w")
        assert "noted already" in await shown(pilot, app)
        await pilot.press("b")
        app._feedback = ("", 0.0)
        assert "1 suggested as teaching material" in await shown(pilot, app)
    assert station.calls[1:] == [GiveFeedback("good", call.at), GiveFeedback("bad", call.at)]


async def test_a_new_shift_begins_only_after_a_yes() -> None:
    app, station, _ = make()
    async with running(app) as pilot:
        text = await shown(pilot, app)
        assert "parts      88" in text and "94.3 %" in text
        await pilot.press("S")
        await pilot.pause()
        assert "Begin a new shift? 88 parts" in screen_text(app)
        await pilot.press("n")
        assert station.calls == ["start"]
        await pilot.press("S")
        await pilot.press("y")
        await pilot.pause()
        assert "counting from 0" in await shown(pilot, app)
    assert station.calls[1:] == [BeginShift()]
