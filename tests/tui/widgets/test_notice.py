"""The notice row: what needs attention, with the keys of the screen that one sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from core.state.material import PictureCapture, SoundRecording
from core.state.snapshot import Snapshot
from tests.support.fake_station import MODEL, NOW, both, hearing, snapshot
from tui.view.keymap import checked_keymap, keys_shown
from tui.view.screen_table import SCREEN_NAMES, ScreenName
from tui.view.view import View
from tui.widgets.title_and_footer import notice_line

OTHERS = [name for name in SCREEN_NAMES if name not in ("watch", "train")]
NEITHER = [name for name in SCREEN_NAMES if name not in ("watch", "teach")]


def said(now: Snapshot, where: ScreenName, keymap: Mapping[str, str] | None = None, **known: object) -> str:
    keys = keys_shown(checked_keymap(keymap or {}))
    view = replace(View(now, NOW, where=where, keys=keys), **known)  # type: ignore[arg-type]
    return "".join(text for text, _ in notice_line(view))


def new_model() -> Snapshot:
    return snapshot(new_model=replace(MODEL, bundle="77be02"))


def recording() -> Snapshot:
    return replace(both(), sound=hearing(capture=SoundRecording(72.4, "000031-recorded-20261124-081418.wav")))


def storing() -> Snapshot:
    return snapshot(capture=PictureCapture(42, None))


@pytest.mark.parametrize("where", OTHERS)
def test_a_new_model_is_looked_at_before_it_is_used(where: ScreenName) -> None:
    assert said(new_model(), where) == " new model ready: 3 shows its result"
    assert said(new_model(), where, {"go-train": "f3"}) == " new model ready: f3 shows its result"


def test_where_a_new_model_can_be_used_the_key_of_that_screen_is_named() -> None:
    other = {"take-over": "f9", "train-use": "f10"}
    assert said(new_model(), "watch") == " new model ready: press n to start using it"
    assert "press f9 to start using it" in said(new_model(), "watch", other)
    assert said(new_model(), "train") == " new model ready: n starts using it, o discards it"
    assert "f10 starts using it" in said(new_model(), "train", other)


def test_a_new_model_elsewhere_is_used_on_the_dashboard() -> None:
    words = said(new_model(), "files", screens=("watch", "files"))
    assert words == " new model ready: 5, then n starts using it"


@pytest.mark.parametrize("where", SCREEN_NAMES)
def test_a_recording_says_which_key_ends_it(where: ScreenName) -> None:
    keymap = {"record": "f6", "teach-record": "f7", "go-watch": "f5"}
    ends = {"watch": "press f6 to end it", "teach": "press f7 to end it"}.get(where, "f5, then f6 ends it")
    words = said(recording(), where, keymap)
    assert ends in words and " REC 1:12 " in words and "000031-recorded-" in words and len(words) <= 80


@pytest.mark.parametrize("where", NEITHER)
def test_the_storing_of_pictures_is_said_where_it_is_not_seen_otherwise(where: ScreenName) -> None:
    assert said(storing(), where) == " STORING  42 good pictures  5, then i ends it"
    defect = snapshot(capture=PictureCapture(7, None, defect=True))
    assert "7 defective pictures" in said(defect, where)
    assert "disk" in said(replace(storing(), fault="the disk is full"), where)


@pytest.mark.parametrize("where", SCREEN_NAMES)
def test_a_key_is_answered_while_something_is_written(where: ScreenName) -> None:
    words = said(recording(), where, feedback="history: what happened")
    assert words.startswith(" REC 1:12 ") and words.endswith(" history: what happened")
    words = said(storing(), where, feedback="history: what happened")
    assert words.endswith(" history: what happened")
    assert words.startswith(" STORING ") == (where in NEITHER)
